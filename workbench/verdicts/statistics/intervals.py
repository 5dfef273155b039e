"""Intervals and p-values for the difference of two prompts, and for one prompt's score.

Differences are B - A, as fractions of 1. `wins` are the cases that B fixed, `losses` those that it
broke, `n` all complete pairs.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from workbench.verdicts.statistics.distributions import (
    critical_z,
    normal_cdf,
    normal_quantile,
    t_quantile,
    t_tail,
    two_sided_p,
    two_sided_t_p,
)

__all__ = [
    "Mean",
    "cluster_mean",
    "cluster_t",
    "critical_t",
    "critical_z",
    "mcnemar_mid_p",
    "mcnemar_p",
    "normal_cdf",
    "normal_quantile",
    "paired_mean",
    "paired_t",
    "t_quantile",
    "t_tail",
    "tango",
    "tango_z",
    "two_sided_p",
    "two_sided_t_p",
    "wilson",
]

_BISECTIONS = 60
_NOTHING = 1e-100
"""The square of a smaller number would be lost."""


def tango_z(wins: int, losses: int, n: int, d0: float) -> float:
    """The score statistic against a true difference of `d0` in [-1, 1]; falls as `d0` rises.

    Tango, Statistics in Medicine 17 (1998) 891-908, with the constrained maximum-likelihood
    estimate in closed form. At d0 = 0 it is McNemar's statistic without continuity correction.
    """
    if abs(d0) < _NOTHING:
        d0 = 0.0
    b = -(wins + losses) + (2 * n - wins + losses) * d0
    c = -losses * d0 * (1.0 - d0)
    root = math.sqrt(max(0.0, b * b - 8.0 * n * c))
    # The textbook form subtracts nearly equal numbers when b > 0; this one does not.
    q = (root - b) / (4.0 * n) if b <= 0.0 else -2.0 * c / (root + b)
    variance = n * (2.0 * q + d0 * (1.0 - d0))
    distance = wins - losses - n * d0
    if variance <= 0.0:
        return 0.0 if distance == 0.0 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def tango(wins: int, losses: int, n: int, z: float) -> tuple[float, float]:
    """All true differences that `tango_z` puts within `z`: (low, high) in [-1, 1]."""
    if n <= 0:
        return -1.0, 1.0
    return _tango_low(wins, losses, n, z), 0.0 - _tango_low(losses, wins, n, z)


def _tango_low(wins: int, losses: int, n: int, z: float) -> float:
    low, high = -1.0, (wins - losses) / n
    if losses == n or tango_z(wins, losses, n, low) < z:
        return -1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if tango_z(wins, losses, n, middle) >= z:
            low = middle
        else:
            high = middle
    return low


def mcnemar_p(wins: int, losses: int) -> float:
    """Two-sided McNemar p without continuity correction: under alpha exactly when Tango's
    interval at that alpha excludes 0.
    """
    flips = wins + losses
    return two_sided_p((wins - losses) / math.sqrt(flips)) if flips else 1.0


def mcnemar_mid_p(wins: int, losses: int) -> float:
    """Two-sided exact binomial p that counts half of the observed outcome's probability.

    Fagerland, Lydersen and Laake, BMC Medical Research Methodology 13 (2013) 91.
    """
    flips, fewer = wins + losses, min(wins, losses)
    if wins == losses:
        return 1.0
    log_all = flips * math.log(2.0) - math.lgamma(flips + 1)
    terms = [
        math.exp(-math.lgamma(k + 1) - math.lgamma(flips - k + 1) - log_all)
        for k in range(fewer + 1)
    ]
    return min(1.0, 2.0 * math.fsum(terms[:-1]) + terms[-1])


def wilson(successes: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score interval for a rate, (low, high) in [0, 1].

    `successes` may be a sum of scores in [0, 1]: their variance is at most that of passes and
    failures with the same mean. Wilson, JASA 22 (1927) 209-212.
    """
    if n <= 0:
        return 0.0, 1.0
    rate, square = successes / n, z * z
    middle = (rate + square / (2.0 * n)) / (1.0 + square / n)
    half = z / (1.0 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4.0 * n * n))
    low = 0.0 if successes <= 0 else max(0.0, middle - half)
    high = 1.0 if successes >= n else min(1.0, middle + half)
    return low, high


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean difference, its standard error, and the degrees of freedom of that error."""

    value: float
    error: float
    df: int

    def interval(self, critical: float) -> tuple[float, float]:
        """Mean -/+ `critical` standard errors, cut at -1 and 1; all of [-1, 1] at df = 0."""
        if self.df < 1:
            return -1.0, 1.0
        half = critical * self.error
        return max(-1.0, self.value - half), min(1.0, self.value + half)

    def statistic(self, d0: float) -> float:
        """(mean - d0) / standard error; 0 where the error is unknown."""
        distance = self.value - d0
        if self.df < 1 or distance == 0.0:
            return 0.0
        if self.error <= 0.0:
            return math.copysign(math.inf, distance)
        return distance / self.error

    def p_value(self) -> float:
        """Two-sided p of a true difference of 0."""
        return two_sided_t_p(self.statistic(0.0), self.df) if self.df >= 1 else 1.0


def paired_mean(diffs: Sequence[float]) -> Mean:
    """Mean of independent differences; the error is sd / sqrt(n), with n - 1 degrees."""
    n = len(diffs)
    if n == 0:
        return Mean(0.0, 0.0, 0)
    value = math.fsum(diffs) / n
    if n == 1:
        return Mean(value, 0.0, 0)
    if min(diffs) == max(diffs):
        return Mean(diffs[0], 0.0, n - 1)
    square = math.fsum((diff - value) ** 2 for diff in diffs) / (n - 1)
    return Mean(value, math.sqrt(square / n), n - 1)


def cluster_mean(
    diffs: Sequence[float], groups: Sequence[Hashable], *, guard: float | None = None
) -> Mean:
    """Mean of differences whose groups are independent and whose members need not be.

    The error is sqrt(G/(G-1) * sum_g (sum_{i in g} (d_i - mean))^2) / n, with G - 1 degrees
    (Liang and Zeger 1986; Miller, arXiv 2411.00640, without G/(G-1)). `guard` adds one group of
    average size in which every difference is that number.
    """
    sums: dict[Hashable, list[float]] = {}
    for diff, group in zip(diffs, groups, strict=True):
        sums.setdefault(group, []).append(diff)
    totals = [(math.fsum(members), float(len(members))) for members in sums.values()]
    if guard is not None and totals:
        size = len(diffs) / len(totals)
        totals.append((guard * size, size))
    count = math.fsum(size for _, size in totals)
    clusters = len(totals)
    if not clusters:
        return Mean(0.0, 0.0, 0)
    value = math.fsum(total for total, _ in totals) / count
    if clusters == 1:
        return Mean(value, 0.0, 0)
    square = math.fsum((total - size * value) ** 2 for total, size in totals)
    return Mean(value, math.sqrt(clusters / (clusters - 1) * square) / count, clusters - 1)


def critical_t(confidence: float, df: int, z: float | None = None) -> float:
    """Student's critical value; with the boundary `z` of a look, stretched in its proportion."""
    if df < 1:
        return math.inf
    single = t_quantile(0.5 + confidence / 2.0, df)
    return single if z is None else single * (z / critical_z(confidence))


def paired_t(
    diffs: Sequence[float], confidence: float, z: float | None = None
) -> tuple[float, float]:
    """Mean -/+ t * sd / sqrt(n); all of [-1, 1] for a single case."""
    mean = paired_mean(diffs)
    return mean.interval(critical_t(confidence, mean.df, z))


def cluster_t(
    diffs: Sequence[float],
    groups: Sequence[Hashable],
    confidence: float,
    z: float | None = None,
) -> tuple[float, float]:
    """The interval of `cluster_mean`; all of [-1, 1] for a single group."""
    mean = cluster_mean(diffs, groups)
    return mean.interval(critical_t(confidence, mean.df, z))
