"""The interval, p-value and gate bound of a set of differences, by the method that fits them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.verdicts.rules import FIRST_RULES, RULES
from workbench.verdicts.sample import Differences
from workbench.verdicts.statistics.anytime import count, interval, log_evidence
from workbench.verdicts.statistics.betting import betting_interval, betting_p_value, rounds_of
from workbench.verdicts.statistics.intervals import (
    Mean,
    cluster_mean,
    critical_t,
    critical_z,
    mcnemar_mid_p,
    mcnemar_p,
    paired_mean,
    tango,
    tango_z,
    two_sided_p,
    two_sided_t_p,
)

TANGO = "tango"
PAIRED_T = "paired_t"
CLUSTER_T = "cluster_t"
E_PROCESS = "e_process"
BETTING = "betting"
WILSON = "wilson"
BY_Z = (TANGO, PAIRED_T, CLUSTER_T)
"""Methods whose interval is widened by the critical value of a look."""

_GUARD = -1.0
_LEAST_VARIANCE = 0.001


@dataclass(frozen=True, slots=True)
class Measure:
    """What the data say about the true mean difference, in fractions of 1."""

    method: str
    n: int
    units: int
    wins: int
    losses: int
    difference: float
    low: float
    high: float
    gate_low: float
    """The bound that must be above -margin: `low`, but for records of the first rules."""
    p_value: float
    mid_p: float | None
    alpha: float
    """The interval excludes 0 exactly when `p_value` is below this."""
    z_margin: float
    """The statistic against a true difference of -margin."""
    variance: float
    """Variance of one case's difference, including the correlation within groups."""

    @property
    def clustered(self) -> bool:
        """Whether cases share groups, so that fewer rounds are independent."""
        return self.units < self.n


def measure(
    sample: Differences,
    *,
    z: float,
    confidence: float,
    margin: float,
    anytime: bool = False,
    rules: int = RULES,
    bets: int = 0,
    largest: int = 0,
) -> Measure | None:
    """None where there is no difference to look at; every number is finite.

    Passes and failures of independent cases have Tango's interval at the critical value `z`.
    Everything else, and everything that may be looked at `anytime`, has the betting interval for
    a plan of `bets` cases or groups, `largest` cases in the largest of these (0: of those that are
    there). Records of the first rules
    have a t interval and a mixture of stakes instead.
    """
    if not sample.values:
        return None
    counted = sample.groups is None and sample.binary
    if counted and not anytime:
        return measure_counts(sample.wins, sample.losses, len(sample.values), z=z, margin=margin)
    if rules > FIRST_RULES:
        return _by_bets(sample, confidence, margin, bets or sample.units, largest)
    if anytime:
        return _by_e_process(sample, confidence, margin)
    if not any(sample.values):
        # Nothing changed, so there is no variance to estimate, but not certainty either.
        return _unchanged(sample, z, margin)
    return _by_t(sample, z, confidence, margin)


def measure_counts(wins: int, losses: int, n: int, *, z: float, margin: float) -> Measure:
    """Binary scores: Tango's interval from the counts alone."""
    low, high = tango(wins, losses, n, z)
    share = (wins + losses + 1) / (n + 2) - ((wins - losses) / n) ** 2
    return Measure(
        method=TANGO,
        n=n,
        units=n,
        wins=wins,
        losses=losses,
        difference=(wins - losses) / n,
        low=low,
        high=high,
        gate_low=low,
        p_value=mcnemar_p(wins, losses),
        mid_p=mcnemar_mid_p(wins, losses),
        alpha=two_sided_p(z),
        z_margin=_finite(tango_z(wins, losses, n, -margin)),
        variance=max(share, _LEAST_VARIANCE),
    )


def _unchanged(sample: Differences, z: float, margin: float) -> Measure:
    units = sample.units
    base = measure_counts(0, 0, units, z=z, margin=margin)
    method = PAIRED_T if sample.groups is None else CLUSTER_T
    return Measure(
        method=method,
        n=len(sample.values),
        units=units,
        wins=0,
        losses=0,
        difference=0.0,
        low=base.low,
        high=base.high,
        gate_low=base.low,
        p_value=1.0,
        mid_p=None,
        alpha=base.alpha,
        z_margin=base.z_margin,
        variance=_LEAST_VARIANCE,
    )


def _by_t(sample: Differences, z: float, confidence: float, margin: float) -> Measure:
    values = sample.values
    if sample.groups is None:
        mean = paired_mean(values)
        guarded = paired_mean([*values, _GUARD])
    else:
        mean = cluster_mean(values, sample.groups)
        guarded = cluster_mean(values, sample.groups, guard=_GUARD)
    stretch = None if z == critical_z(confidence) else z
    critical = critical_t(confidence, mean.df, stretch)
    low, high = mean.interval(critical)
    gate_low, _ = guarded.interval(critical_t(confidence, guarded.df, stretch))
    return Measure(
        method=PAIRED_T if sample.groups is None else CLUSTER_T,
        n=len(values),
        units=sample.units,
        wins=sample.wins,
        losses=sample.losses,
        difference=mean.value,
        low=low,
        high=high,
        gate_low=min(low, gate_low),
        p_value=mean.p_value(),
        mid_p=None,
        alpha=two_sided_t_p(critical, mean.df) if mean.df else two_sided_p(z),
        z_margin=_finite(guarded.statistic(-margin)),
        variance=_case_variance(mean, len(values)),
    )


def _by_bets(
    sample: Differences, confidence: float, margin: float, planned: int, largest: int
) -> Measure:
    rounds = rounds_of(sample.values, sample.groups)
    low, high = betting_interval(rounds, planned, confidence, largest)
    if sample.groups is None:
        mean, guarded = paired_mean(sample.values), paired_mean([*sample.values, _GUARD])
    else:
        mean = cluster_mean(sample.values, sample.groups)
        guarded = cluster_mean(sample.values, sample.groups, guard=_GUARD)
    p_value = betting_p_value(rounds, planned, confidence, largest)
    # What an earlier moment refuted may come near again: the interval always holds the mean.
    low, high = min(low, mean.value), max(high, mean.value)
    if low <= 0.0 <= high:
        p_value = max(p_value, 1.0 - confidence)
    return Measure(
        method=BETTING,
        n=len(sample.values),
        units=sample.units,
        wins=sample.wins,
        losses=sample.losses,
        difference=mean.value,
        low=low,
        high=high,
        gate_low=low,
        p_value=p_value,
        mid_p=None,
        alpha=1.0 - confidence,
        z_margin=_finite(guarded.statistic(-margin)),
        variance=_case_variance(guarded, len(sample.values)),
    )


def _by_e_process(sample: Differences, confidence: float, margin: float) -> Measure:
    counts = count(_independent(sample))
    low, high = interval(counts, confidence)
    mean = paired_mean(sample.values)
    evidence = max(log_evidence(counts, 0.0), log_evidence(counts.mirrored, 0.0))
    return Measure(
        method=E_PROCESS,
        n=len(sample.values),
        units=sample.units,
        wins=sample.wins,
        losses=sample.losses,
        difference=mean.value,
        low=low,
        high=high,
        gate_low=low,
        p_value=min(1.0, 2.0 * math.exp(-max(0.0, evidence))),
        mid_p=None,
        alpha=1.0 - confidence,
        z_margin=_finite(mean.statistic(-margin)),
        variance=_case_variance(mean, len(sample.values)),
    )


def _independent(sample: Differences) -> list[float]:
    """The differences, or the mean of each group: bets need independent rounds."""
    if sample.groups is None:
        return list(sample.values)
    members: dict[str, list[float]] = {}
    for group, value in zip(sample.groups, sample.values, strict=True):
        members.setdefault(group, []).append(value)
    return [math.fsum(values) / len(values) for values in members.values()]


def _case_variance(mean: Mean, n: int) -> float:
    return max(n * mean.error * mean.error, _LEAST_VARIANCE)


def _finite(z: float) -> float:
    return max(-1e9, min(1e9, z))
