"""Cost and latency of each case on both sides, as evidence keeps them beside the scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from workbench.datasets.values import Case
from workbench.providers.base import Answer
from workbench.runs.spec.values import Result
from workbench.verdicts.values import CasePair

COST = "@cost"
LATENCY = "@latency"
"""Names among the pairs of a record. No scorer's name begins so."""

RAW: Mapping[str, Callable[[Answer], float | None]] = {
    COST: lambda answer: answer.cost_usd,
    LATENCY: lambda answer: answer.latency_s,
}
"""US dollars and seconds. A stored answer has those of when it was asked."""


PEOPLE = "@people:"
"""Beginning of the names of people's labels of what a judge scores."""


def people_of(scorer: str) -> str:
    """The name of the labels that correct the judge of that name."""
    return f"{PEOPLE}{scorer}"


def is_raw(name: str) -> bool:
    """Whether the pairs of that name are raw values, not the scores of a scorer."""
    return name.startswith("@")


def raw_pairs(
    results_a: Iterable[Result], results_b: Iterable[Result], cases: Sequence[Case]
) -> dict[str, tuple[CasePair, ...]]:
    """The raw values that any answer has, in the order of `cases`; one that failed has none."""
    sides = [list(results_a), list(results_b)]
    pairs = {}
    for name, value_of in RAW.items():
        a, b = (_by_case(side, value_of) for side in sides)
        if any(value is not None for side in (a, b) for row in side.values() for value in row):
            width_a, width_b = (max(map(len, side.values()), default=0) for side in (a, b))
            pairs[name] = tuple(
                CasePair(
                    case.id,
                    a.get(case.id, (None,) * width_a),
                    b.get(case.id, (None,) * width_b),
                    case.group,
                )
                for case in cases
            )
    return pairs


def _by_case(
    results: Iterable[Result], value_of: Callable[[Answer], float | None]
) -> dict[str, tuple[float | None, ...]]:
    """The values by case id, in the order of the repeats; the last of several counts."""
    rows: dict[str, dict[int, float | None]] = {}
    for result in results:
        answer = result.answer
        value = None if answer.outcome.is_error else value_of(answer)
        known = value is not None and math.isfinite(value) and value >= 0.0
        rows.setdefault(result.case_id, {})[result.repeat] = value if known else None
    return {
        case_id: tuple(row.get(repeat) for repeat in range(max(row) + 1))
        for case_id, row in rows.items()
    }
