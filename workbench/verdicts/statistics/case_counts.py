"""How many cases a comparison needs, before the run."""

from __future__ import annotations

import math

from workbench.runs.spec.suite import MIN_CASES, NO_REGRESSIONS, NOT_WORSE
from workbench.units import loss, plural
from workbench.verdicts.statistics.distributions import critical_z, normal_quantile

DEFAULT_FLIP_RATE = 0.15
POWER = 0.80
LUCKY_POINTS = 0.05
"""The chance of reaching a threshold is shown for a version whose true rate is this much lower."""


def minimum_cases(margin: float, confidence: float = 0.95) -> int:
    """Cases without a loss that exclude a loss rate of `margin`: 72 for 0.05 at 95 %."""
    if margin <= 0.0:
        return 1
    if margin >= 1.0:
        return 1
    return math.ceil(math.log((1.0 - confidence) / 2.0) / math.log1p(-margin))


def cases_needed(
    margin: float,
    flip_rate: float | None = None,
    delta: float = 0.0,
    confidence: float = 0.95,
    power: float = POWER,
) -> int:
    """Cases that show "not worse by `margin`" with this power, if B is truly `delta` better.

    n = (flips - delta^2) * (z_confidence + z_power)^2 / (margin + delta)^2, and never fewer than
    the minimum for the margin. `flip_rate` is the share of cases expected to change, from
    history; 0.15 where there is none. With margin 0 it answers how many cases show that B is
    better by `delta`. Raises ValueError where no number of cases would do.
    """
    if margin + delta <= 0.0:
        raise ValueError(
            "no number of cases shows what is not there: margin + delta is not above 0"
        )
    flips = DEFAULT_FLIP_RATE if flip_rate is None else flip_rate
    variance = max(flips - delta * delta, 0.0)
    both = critical_z(confidence) + normal_quantile(power)
    needed = math.ceil(variance * both * both / (margin + delta) ** 2 - 1e-9)
    return max(needed, minimum_cases(margin, confidence) if margin > 0.0 else 1)


def hidden_loss(cases: int, confidence: float = 0.95) -> float:
    """The largest loss rate that may go without a loss in so many cases: 0.31 for 10 at 95 %."""
    side = (1.0 - confidence) / 2.0
    return 1.0 - side ** (1.0 / cases) if cases else 1.0


def luck(threshold: float, cases: int) -> float:
    """The chance that a version reaches the threshold whose true rate lies 5 points below."""
    return binomial_tail(math.ceil(threshold * cases - 1e-9), cases, threshold - LUCKY_POINTS)


def binomial_tail(least: int, cases: int, rate: float) -> float:
    """The chance of `least` passes or more at this true rate, summed in logarithms."""
    if least <= 0:
        return 1.0
    if rate <= 0.0 or rate >= 1.0:
        return float(rate >= 1.0 and least <= cases)
    terms = (
        math.exp(
            math.lgamma(cases + 1) - math.lgamma(k + 1) - math.lgamma(cases - k + 1)
            + k * math.log(rate) + (cases - k) * math.log1p(-rate)
        )
        for k in range(least, cases + 1)
    )  # fmt: skip
    return min(1.0, math.fsum(terms))


def excluded_loss(cases: int, confidence: float = 0.95) -> float:
    """The smallest loss that so many cases can exclude, when not one of them changes.

    z^2 / (n + z^2), the bound of Tango's interval without a changed case: 0.28 for 10 at 95 %.
    """
    square = critical_z(confidence) ** 2
    return square / (cases + square)


def proposed_rule(cases: int, margin: float, confidence: float = 0.95) -> str:
    """The gate's rule that so many cases can decide."""
    return NOT_WORSE if cases >= minimum_cases(margin, confidence) else NO_REGRESSIONS


def excluded_sentence(cases: int, margin: float, confidence: float = 0.95) -> str:
    """What so many cases can exclude, and how many the margin needs where they are too few."""
    excluded = loss(excluded_loss(cases, confidence), 0)
    sentence = f"{plural(cases, 'case')} can exclude a loss of {excluded} at best"
    needed = minimum_cases(margin, confidence)
    return (
        sentence
        if cases >= needed
        else f"{sentence}; a margin of {100 * margin:g} needs {needed:,}"
    )


def decides_sentence(cases: int, margin: float, confidence: float = 0.95) -> str:
    """What so many cases can decide, and which rule fits them."""
    sentence = excluded_sentence(cases, margin, confidence)
    if cases >= minimum_cases(margin, confidence):
        return sentence
    few = f" with min_cases: {cases}" if cases < MIN_CASES else ""
    return f"{sentence}: take rule: {NO_REGRESSIONS}{few} until then"
