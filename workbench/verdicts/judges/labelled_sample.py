"""Which labelled cases stand for all: those that chance chose, not those that somebody picked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from workbench.verdicts.judges.calibration import is_for_tuning


def label_order(case_ids: Iterable[str]) -> list[str]:
    """The cases in the order in which labels count, without those to tune the judge with: by a hash
    of the id, which knows nothing of the answers.
    """
    return sorted((each for each in case_ids if not is_for_tuning(each)), key=_place)


def _place(case_id: str) -> bytes:
    return hashlib.sha256(f"label {case_id}".encode("utf-8", "surrogatepass")).digest()


def random_sample(
    case_ids: Sequence[str], is_labelled: Callable[[str], bool], most_missing: float
) -> tuple[str, ...]:
    """The longest beginning of the label order of which at most the share `most_missing` has no
    label. Labels further on were given to cases that somebody chose: they do not count.
    """
    order = label_order(case_ids)
    missing, end = 0, 0
    for number, case_id in enumerate(order, start=1):
        missing += not is_labelled(case_id)
        if missing <= most_missing * number:
            end = number
    return tuple(order[:end])
