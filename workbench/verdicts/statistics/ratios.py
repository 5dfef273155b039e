"""How much dearer B is than A: an interval for the mean logarithm of the cost ratio of a case.

The t interval of log ratios alone does not keep its promise: where one case in fifty costs ten
times as much, and the sample holds none, the spread looks tiny. So each end is also that of the
betting interval (`betting`) of the ratios, each counted as fourfold at most, and the farther one
counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.verdicts.statistics.betting import betting_interval, rounds_of
from workbench.verdicts.statistics.intervals import cluster_mean, critical_t, paired_mean

MOST = math.log(4.0)
"""The log ratio that a case counts with at most where bets bound it, and that a missing or a first
cost above 0 counts with."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """The geometric mean of B's cost over A's, with its interval; 1.0 is no change."""

    value: float
    low: float
    high: float
    units: int


def log_ratio(a: float | None, b: float | None) -> float | None:
    """ln(b/a); 0 where both cost nothing, +-MOST where one does; None where one is missing."""
    if a is None or b is None:
        return None
    if a <= 0.0 or b <= 0.0:
        return 0.0 if a <= 0.0 and b <= 0.0 else math.copysign(MOST, b - a)
    return math.log(b) - math.log(a)


def mean_ratio(
    logs: Sequence[float],
    groups: Sequence[str] | None,
    *,
    confidence: float,
    z: float | None = None,
    planned: int = 0,
    largest: int = 0,
) -> Ratio | None:
    """The interval of the mean log ratio, back as ratios; None for fewer than two cases or groups.

    `z` is the critical value of an early look (None: that of `confidence`), by which t is
    stretched; `planned` and `largest` fix the stakes, see `betting_interval`.
    """
    units = len(logs) if groups is None else len(set(groups))
    if units < 2:
        return None
    mean = paired_mean(logs) if groups is None else cluster_mean(logs, groups)
    half = critical_t(confidence, mean.df, z) * mean.error
    rounds = rounds_of([max(-1.0, min(1.0, log / MOST)) for log in logs], groups)
    bet_low, bet_high = betting_interval(rounds, planned or units, confidence, largest)
    return Ratio(
        value=math.exp(mean.value),
        low=math.exp(min(mean.value - half, MOST * bet_low)),
        high=math.exp(max(mean.value + half, MOST * bet_high)),
        units=units,
    )
