"""How many cases a comparison needs, before the run and during it."""

from __future__ import annotations

import math
from collections.abc import Iterable

from workbench.verdicts.measure import Measure
from workbench.verdicts.statistics.case_counts import (
    DEFAULT_FLIP_RATE,
    POWER,
    cases_needed,
    minimum_cases,
)
from workbench.verdicts.statistics.distributions import critical_z, normal_quantile
from workbench.verdicts.values import Comparison

_FURTHEST = 10_000_000
MARGINS = tuple(points / 100 for points in range(1, 21))


def more_cases(measure: Measure, *, margin: float, confidence: float, n_min: int) -> int | None:
    """About how many further cases would settle an undecided comparison; None if none would.

    Where the cases seen are less than half of what the planner asks for, its answer minus these.
    Later on what was seen weighs too: the fewest further cases after which the gate passes with
    the planner's power, if B is as good as A on them; or, where that is nearer, after which B is
    worse (without a margin: or better) if what was seen goes on.
    """
    lacking = max(0, n_min - measure.units) * max(1, round(measure.n / measure.units))
    answers = []
    if margin > 0.0:
        wanted = cases_needed(margin, _rate(measure), 0.0, confidence)
        if wanted >= 2 * measure.n:
            return max(wanted - measure.n, lacking)
        further = _further_to_pass(measure, margin, confidence)
        answers += [max(further, lacking)] if further else []
    if measure.difference < 0.0 or (measure.difference > 0.0 and margin <= 0.0):
        z = critical_z(confidence)
        to_show = math.ceil(z * z * measure.variance / measure.difference**2) - measure.n
        answers += [to_show] if to_show > 0 else []
    return min(answers, default=lacking or None)


def _further_to_pass(measure: Measure, margin: float, confidence: float) -> int | None:
    """Further cases after which L > -margin with probability POWER, if A and B are equally good."""
    z, spare = critical_z(confidence), normal_quantile(POWER)
    deviation = math.sqrt(measure.variance)

    def passes(more: int) -> bool:
        total = measure.n + more
        needed = z * deviation * math.sqrt(total) - margin * total
        likely = measure.n * measure.difference - spare * deviation * math.sqrt(more)
        return likely >= needed

    high = 1
    while not passes(high):
        high *= 2
        if high > _FURTHEST:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if passes(middle) else (middle, high)
    return high


def enough_margin(measure: Measure, confidence: float) -> float | None:
    """The smallest margin in whole percentage points, up to 20, at which the gate would pass."""
    for margin in MARGINS:
        if measure.gate_low > -margin and measure.units >= minimum_cases(margin, confidence):
            return margin
    return None


def flip_rate_seen(comparisons: Iterable[Comparison]) -> float | None:
    """The share of changed cases over all earlier comparisons; None without any."""
    flips = cases = 0
    for comparison in comparisons:
        if comparison.difference is not None:
            flips += len(comparison.fixed) + len(comparison.broke)
            cases += comparison.cases
    return flips / cases if cases else None


def plan_sentence(
    case_count: int,
    margin: float,
    *,
    flip_rate: float | None = None,
    confidence: float = 0.95,
    cost_per_case_usd: float | None = None,
    seconds_per_case: float | None = None,
) -> str:
    """One sentence shown before a run: the cases that the margin needs, and their cost."""
    needed = cases_needed(margin, flip_rate, 0.0, confidence)
    rate = DEFAULT_FLIP_RATE if flip_rate is None else flip_rate
    basis = "seen so far" if flip_rate is not None else "assumed, nothing was seen yet"
    enough = "enough" if case_count >= needed else f"{needed - case_count:,} too few"
    sentence = (
        f"margin {100 * margin:g} needs about {needed:,} cases at a flip rate of"
        f" {100 * rate:.0f} % ({basis}); {case_count:,} are {enough}"
    )
    extras = []
    if cost_per_case_usd is not None:
        extras.append(f"{cost_per_case_usd * case_count:.2f} USD")
    if seconds_per_case is not None:
        extras.append(f"{seconds_per_case * case_count:.0f} s")
    return f"{sentence}; at most {' and '.join(extras)}" if extras else sentence


def _rate(measure: Measure) -> float:
    """The share of changed cases, or the variance for graded or grouped scores."""
    if measure.method == "tango":
        return (measure.wins + measure.losses) / measure.n
    return measure.variance
