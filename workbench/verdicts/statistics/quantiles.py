"""The difference of two quantiles on the same cases, without any assumption about their shape.

The limits of each side's quantile are those of the sign test: order statistics, whose rank is
binomial. They are joined by the method of variance estimates recovery (MOVER: Zou and Donner,
Statistics in Medicine 27 (2008) 1693-1702), which takes each limit's distance from the estimate as
its spread, and the correlation from how often both sides exceed their quantile in the same case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Shift:
    """B's quantile less A's, with its interval; infinite where there are too few cases."""

    value: float
    low: float
    high: float
    a: float
    b: float


def quantile_shift(
    a: Sequence[float], b: Sequence[float], share: float, alpha: float
) -> Shift | None:
    """The difference of the quantiles `share` (in (0, 1)) of `b` and `a`, paired by place; each end
    of the interval is exceeded in `alpha` of samples. None without a pair.
    """
    n = len(a)
    if not n:
        return None
    first, last = ranks(n, share, alpha)
    at = math.ceil(share * n - 1e-9)
    sides = []
    for values in (a, b):
        ordered = sorted(values)
        low = ordered[first - 1] if first else -math.inf
        high = ordered[last - 1] if last <= n else math.inf
        sides.append((ordered[at - 1], low, high))
    (q_a, low_a, high_a), (q_b, low_b, high_b) = sides
    together = co_exceedance(a, b, q_a, q_b)
    if math.isinf(q_a) or math.isinf(q_b):
        return Shift(math.nan, -math.inf, math.inf, q_a, q_b)
    return Shift(
        value=q_b - q_a,
        low=q_b - q_a - _joined(q_b - low_b, high_a - q_a, together),
        high=q_b - q_a + _joined(high_b - q_b, q_a - low_a, together),
        a=q_a,
        b=q_b,
    )


@lru_cache(maxsize=256)
def ranks(n: int, share: float, alpha: float) -> tuple[int, int]:
    """The ranks, from 1, of the order statistics that bound the quantile `share` of `n` values,
    each with an error of `alpha` at most; 0 and n + 1 where none does.
    """
    log_terms = [
        math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
        + k * math.log(share) + (n - k) * math.log1p(-share)
        for k in range(n + 1)
    ]  # fmt: skip
    first, below = 0, 0.0
    # The quantile lies below the k-th value when fewer than k values lie under it.
    for k in range(n + 1):
        below += math.exp(log_terms[k])
        if below > alpha:
            break
        first = k + 1
    last, above = n + 1, 0.0
    for k in range(n, -1, -1):
        above += math.exp(log_terms[k])
        if above > alpha:
            break
        last = k
    return min(first, n), last


def least_cases(share: float, alpha: float) -> int:
    """Cases below which no value bounds the quantile from above: 72 for 0.95 at 0.025."""
    return math.ceil(math.log(alpha) / math.log(share))


def co_exceedance(a: Sequence[float], b: Sequence[float], q_a: float, q_b: float) -> float:
    """The correlation of exceeding the quantile on both sides, in [0, 1]: a negative one is not
    believed, and what few cases show is drawn towards 0.
    """
    n = len(a)
    over_a = sum(value > q_a for value in a)
    over_b = sum(value > q_b for value in b)
    both = sum(x > q_a and y > q_b for x, y in zip(a, b, strict=True))
    spread = math.sqrt(over_a * (n - over_a) * over_b * (n - over_b))
    if not spread:
        return 0.0
    # One case that exceeded on one side only is imagined on each.
    raw = (n * both - over_a * over_b) / spread
    return max(0.0, raw * min(over_a, over_b) / (min(over_a, over_b) + 2.0))


def _joined(one: float, other: float, together: float) -> float:
    if math.isinf(one) or math.isinf(other):
        return math.inf
    return math.sqrt(max(0.0, one * one + other * other - 2.0 * together * one * other))
