"""Are the cases independent questions? Equal ones count once, and hidden groups are named."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from workbench.datasets.values import Case
from workbench.errors import DatasetError

_LONG = 40
"""A text of so many characters that stands in several cases is no coincidence."""


def distinct(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The cases without those that ask and expect what an earlier one does.

    Two answers to one question say no more about a prompt than one does.
    """
    first: dict[tuple[str, str], Case] = {}
    for case in cases:
        first.setdefault((_key(case.inputs), _key(case.expected)), case)
    return tuple(first.values())


def check_consistent(cases: Sequence[Case], place_of: Callable[[Case], str]) -> None:
    """Raises DatasetError for two cases that ask the same and expect different answers."""
    first: dict[str, Case] = {}
    for case in cases:
        other = first.setdefault(_key(case.inputs), case)
        if _key(other.expected) != _key(case.expected):
            raise DatasetError(
                f"{place_of(case)}: case {case.id!r} asks the same as {other.id!r} and expects"
                " another answer",
                hint="where both are right, list them: expected: [first, second]",
            )


def remarks(cases: Sequence[Case]) -> Iterator[str]:
    """Notes about equal cases, and about inputs that several cases share and no group declares."""
    equal = len(cases) - len(distinct(cases))
    if equal == 1:
        yield "1 case asks and expects the same as another: the two count as one"
    elif equal:
        yield f"{equal} cases ask and expect the same as others: each question counts once"
    if any(case.group is not None for case in cases):
        return
    for name in sorted({name for case in cases if len(case.inputs) > 1 for name in case.inputs}):
        values = Counter(
            case.inputs[name]
            for case in cases
            if isinstance(case.inputs.get(name), str) and len(case.inputs[name]) >= _LONG
        )
        shared = [times for times in values.values() if times > 1]
        if shared and len(values) > 1:
            yield (
                f"{sum(shared)} cases share their {name} with another, and no group is declared:"
                f" give those of one {name} the same group, else they count as independent"
            )


def _key(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
