"""Quantiles and tails of the normal and of Student's t distribution, in plain Python."""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY = 1e-300


def normal_cdf(z: float) -> float:
    """P(Z <= z), accurate in both tails."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@lru_cache(maxsize=256)
def normal_quantile(probability: float) -> float:
    """The z below which `probability` (0 < probability < 1) of a standard normal lies."""
    return _NORMAL.inv_cdf(probability)


def critical_z(confidence: float) -> float:
    """The two-sided critical value: 1.959964 for a confidence of 0.95."""
    return normal_quantile(0.5 + confidence / 2.0)


def two_sided_p(z: float) -> float:
    """P(|Z| >= |z|)."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def t_tail(t: float, df: float) -> float:
    """P(T >= t) for t >= 0 and `df` > 0 degrees of freedom.

    Half the regularised incomplete beta function of df/(df + t^2) with parameters df/2 and 1/2
    (Abramowitz and Stegun 26.7.1).
    """
    if math.isinf(t):
        return 0.0
    square = t * t
    return 0.5 * _incomplete_beta(df / 2.0, 0.5, df / (df + square), square / (df + square))


@lru_cache(maxsize=1024)
def t_quantile(probability: float, df: float) -> float:
    """The t below which `probability` (in (0, 1)) of Student's t with `df` degrees lies."""
    if probability < 0.5:
        return -t_quantile(1.0 - probability, df)
    tail = 1.0 - probability
    high = 2.0
    while t_tail(high, df) > tail:
        high *= 2.0
    low = 0.0
    while True:
        middle = (low + high) / 2.0
        if middle in (low, high):
            return middle
        if t_tail(middle, df) > tail:
            low = middle
        else:
            high = middle


def two_sided_t_p(t: float, df: float) -> float:
    """P(|T| >= |t|)."""
    return min(1.0, 2.0 * t_tail(abs(t), df))


def _incomplete_beta(a: float, b: float, x: float, one_minus_x: float) -> float:
    """I_x(a, b) by its continued fraction (DLMF 8.17.22), on the side that converges fast.

    `one_minus_x` comes from the caller because the subtraction would lose digits near 1.
    """
    if x <= 0.0:
        return 0.0
    if one_minus_x <= 0.0:
        return 1.0
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _incomplete_beta(b, a, one_minus_x, x)
    log_front = (
        math.lgamma(a + b)
        - math.lgamma(a)
        - math.lgamma(b)
        + a * math.log(x)
        + b * math.log(one_minus_x)
    )
    return math.exp(log_front) / (a * _beta_fraction(a, b, x))


def _beta_fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by the modified Lentz method."""
    value = c = 1.0
    d = 0.0
    for step in range(10_000):
        m, odd = divmod(step, 2)
        if step == 0:
            term = 1.0
        elif odd:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        if step == 0:
            continue
        d = 1.0 + term * d
        d = 1.0 / (d if abs(d) > _TINY else _TINY)
        c = 1.0 + term / c
        c = c if abs(c) > _TINY else _TINY
        change = c * d
        value *= change
        if abs(change - 1.0) < 1e-16:
            break
    return value
