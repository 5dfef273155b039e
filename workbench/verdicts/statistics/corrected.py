"""Rates and differences that a fallible judge measured, corrected by what people say.

Each interval is of a sum of independent estimates, joined from the intervals of its terms (MOVER):
Zou and Donner, Statistics in Medicine 27 (2008) 1693-1702. So the uncertainty of every term is in
it, that of the calibration too, and each term keeps an interval that holds near 0 and 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from workbench.verdicts.statistics.agreement import Interval, Matrix
from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.statistics.intervals import wilson

_BISECTIONS = 60


def weighted_sum(terms: Sequence[tuple[float, Interval]]) -> Interval:
    """The sum of independent estimates, each times its weight."""
    value = math.fsum(weight * term.value for weight, term in terms)
    below = math.hypot(*(w * (t.value - (t.low if w > 0 else t.high)) for w, t in terms))
    above = math.hypot(*(w * ((t.high if w > 0 else t.low) - t.value) for w, t in terms))
    return Interval(value, value - below, value + above)


def rogan_gladen(passed: float, of: int, matrix: Matrix, confidence: float) -> Interval | None:
    """The share that people would pass where a judge passes `passed` of `of`; None for a judge that
    knows no better than chance, or that was not tried on both.

    (p + sp - 1) / (se + sp - 1), cut to [0, 1]: Rogan and Gladen, American Journal of Epidemiology
    107 (1978) 71-76. The interval has every rate under which p - rate * se - (1 - rate) * (1 - sp),
    which is 0 at the true one, may be 0, as Fieller (JRSS B 16 (1954) 175-185) does for ratios.
    """
    sensitivity, specificity = matrix.sensitivity(confidence), matrix.specificity(confidence)
    if of < 1 or sensitivity is None or specificity is None:
        return None
    skill = sensitivity.value + specificity.value - 1.0
    if skill <= 0.0:
        return None
    rate = passed / of
    observed = Interval(rate, *wilson(passed, of, critical_z(confidence)))

    def gap(true: float) -> Interval:
        terms = ((1.0, observed), (-true, sensitivity), (1.0 - true, specificity))
        summed = weighted_sum(terms)
        left = 1.0 - true
        return Interval(summed.value - left, summed.low - left, summed.high - left)

    value = min(1.0, max(0.0, (rate + specificity.value - 1.0) / skill))
    low = _edge(0.0, value, lambda true: gap(true).low > 0.0)
    high = _edge(1.0, value, lambda true: gap(true).high < 0.0)
    return Interval(value, low, high)


def unshrunk(difference: Interval, matrix: Matrix, confidence: float) -> Interval | None:
    """The difference behind one that a judge measured, if it errs alike on both sides: divided by
    se + sp - 1. None where `rogan_gladen` has none.

    Every true difference d is in the interval for which difference - d * (se + sp - 1) may be 0.
    """
    sensitivity, specificity = matrix.sensitivity(confidence), matrix.specificity(confidence)
    if sensitivity is None or specificity is None:
        return None
    skill = sensitivity.value + specificity.value - 1.0
    if skill <= 0.0:
        return None

    def gap(true: float) -> Interval:
        summed = weighted_sum(((1.0, difference), (-true, sensitivity), (-true, specificity)))
        return Interval(summed.value + true, summed.low + true, summed.high + true)

    value = min(1.0, max(-1.0, difference.value / skill))
    low = _edge(-1.0, value, lambda true: gap(true).low > 0.0)
    high = _edge(1.0, value, lambda true: gap(true).high < 0.0)
    return Interval(value, low, high)


def _edge(out: float, inside: float, refuted: Callable[[float], bool]) -> float:
    """Where refuted values end, between `out` and `inside`."""
    if not refuted(out):
        return out
    for _ in range(_BISECTIONS):
        middle = (out + inside) / 2.0
        if refuted(middle):
            out = middle
        else:
            inside = middle
    return out


def bonett_price(wins: int, losses: int, n: int, z: float) -> tuple[float, float]:
    """The bounds of a mean difference of passes, from one more win and one more loss: Bonett and
    Price, Statistical Methods in Medical Research 21 (2012) 657-664.
    """
    gain, loss = (wins + 1) / (n + 2), (losses + 1) / (n + 2)
    half = z * math.sqrt((gain + loss - (gain - loss) ** 2) / (n + 2))
    return max(-1.0, gain - loss - half), min(1.0, gain - loss + half)


def prediction_powered(judged: Interval, error: Interval) -> Interval:
    """The mean that people would give: what a judge says of all cases, and how far people are from
    it on average, measured on other cases drawn at random; cut to [-1, 1].

    Angelopoulos, Bates, Fannjiang, Jordan and Zrnic, Science 382 (2023) 669-674.
    """
    summed = weighted_sum(((1.0, judged), (1.0, error)))
    bounds = (min(1.0, max(-1.0, bound)) for bound in (summed.value, summed.low, summed.high))
    return Interval(*bounds)
