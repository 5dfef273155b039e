"""In which order answers come to a person: those first whose label says most."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from workbench.datasets.values import Case
from workbench.runs.labels.records import text_digest
from workbench.runs.spec.values import Result

INFORMATIVE, RANDOM = "informative", "random"
_APART = 0.5
"""Two scores at least so far apart say different things of an answer."""


@dataclass(frozen=True)
class Item:
    """One answer to a case; whose it is, a rater is not told."""

    case: Case
    answer: str

    @cached_property
    def key(self) -> tuple[str, str]:
        """As in `LabelRecord.key`."""
        return self.case.digest, text_digest(self.answer)


def ordered(
    cases: Mapping[str, Case], results: Iterable[Result], headline: str, seed: int, order: str
) -> list[Item]:
    """The different answers to these cases.

    `informative`: first those of which scorers, or the answers' headline scores in different runs,
    say different things, the furthest apart first; then scores between 0 and 1, the nearest to 0.5
    first; then the others. Within each, and in `random`, by a hash of `seed`, case and answer, so
    that everybody has the same order.
    """
    scores: dict[tuple[str, str], list[Mapping[str, float]]] = {}
    for result in results:
        if result.case_id in cases:
            values = {n: s.value for n, s in result.scores.items() if s.value is not None}
            scores.setdefault((result.case_id, result.answer.text), []).append(values)
    of_case: dict[str, list[float]] = {}
    for (case_id, _), rows in scores.items():
        of_case.setdefault(case_id, []).extend(row[headline] for row in rows if headline in row)

    def place(pair: tuple[str, str]) -> tuple[int, float, str, str]:
        values = [value for row in scores[pair] for value in row.values()]
        tier = _tier(values, of_case[pair[0]]) if order == INFORMATIVE else (0, 0.0)
        return *tier, _hashed(seed, pair[0]), text_digest(pair[1])

    return [Item(cases[case_id], text) for case_id, text in sorted(scores, key=place)]


def _tier(values: Sequence[float], of_case: Sequence[float]) -> tuple[int, float]:
    apart = max(_spread(values), _spread(of_case))
    if apart >= _APART:
        return 0, -apart
    between = [abs(value - 0.5) for value in values if 0.0 < value < 1.0]
    return (1, min(between)) if between else (2, 0.0)


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values) if values else 0.0


def _hashed(seed: int, case_id: str) -> str:
    return hashlib.sha256(f"label {seed} {case_id}".encode("utf-8", "surrogatepass")).hexdigest()
