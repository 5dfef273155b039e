"""The interval, p-value and gate bound of a set of differences, by the method that fits them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from workbench.verdicts import anytime
from workbench.verdicts.intervals import (
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
from workbench.verdicts.sample import Differences

TANGO = "tango"
PAIRED_T = "paired_t"
CLUSTER_T = "cluster_t"
E_PROCESS = "e_process"
WILSON = "wilson"

_GUARD = -1.0
_LEAST_VARIANCE = 0.001


@dataclass(frozen=True, slots=True)
class Measure:
    """What the data say about the true mean difference."""

    method: str
    n: int
    units: int
    wins: int
    losses: int
    difference: float
    low: float
    high: float
    gate_low: float
    """The bound that must be above -margin; below `low` where a rare collapse may be unseen."""
    p_value: float
    mid_p: float | None
    alpha: float
    """The interval excludes 0 exactly when `p_value` is below this."""
    z_margin: float
    """The statistic against a true difference of -margin."""
    variance: float
    """Of one case's difference, correlation inside groups included."""


def measure(
    sample: Differences, *, z: float, confidence: float, margin: float, e_process: bool = False
) -> Measure | None:
    """None where there is no difference to look at; every number is finite."""
    if not sample.values:
        return None
    if e_process:
        return _by_e_process(sample, confidence, margin)
    if sample.groups is None and sample.binary:
        return measure_counts(sample.wins, sample.losses, len(sample.values), z=z, margin=margin)
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


def _by_e_process(sample: Differences, confidence: float, margin: float) -> Measure:
    counts = anytime.count(_independent(sample))
    low, high = anytime.interval(counts, confidence)
    mean = paired_mean(sample.values)
    evidence = max(anytime.log_evidence(counts, 0.0), anytime.log_evidence(counts.mirrored, 0.0))
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
    """The differences, or the mean of each group: a bet needs independent rounds."""
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
