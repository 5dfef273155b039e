"""Critical values for planned looks that keep the overall error rate.

Lan and DeMets, Biometrika 70 (1983) 659-663, with the O'Brien-Fleming-like spending function
alpha(t) = 2 - 2 Phi(z_{alpha/2} / sqrt(t)) on each side; the recursion over looks is that of
Armitage, McPherson and Rowe, JRSS A 132 (1969) 235-244.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from workbench.verdicts.statistics.distributions import critical_z, normal_cdf, normal_quantile

BOUNDARY = "lan_demets_obrien_fleming"

_TABLE: dict[float, dict[int, tuple[float, ...]]] = {
    0.95: {
        2: (2.9626, 1.9686),
        3: (3.7103, 2.5114, 1.9930),
        4: (4.3326, 2.9631, 2.3590, 2.0141),
        5: (4.8769, 3.3570, 2.6803, 2.2898, 2.0310),
    },
    0.90: {5: (4.2292, 2.8881, 2.2981, 1.9618, 1.7397)},
}
_GRID = 480
_REACH = 8.0
_LEAST = 1e-300
_EQUAL = 0.005
"""Looks this near to equal shares of the cases take the published values."""


def boundaries(fractions: Sequence[float], confidence: float) -> tuple[float, ...]:
    """z for each look, given the share of all cases seen at each; the last share is 1."""
    looks = len(fractions)
    if looks <= 1:
        return (critical_z(confidence),)
    equal = all(abs(f - (k + 1) / looks) <= _EQUAL for k, f in enumerate(fractions))
    published = _TABLE.get(round(confidence, 6), {}).get(looks)
    if equal and published:
        return published
    if equal:
        fractions = [(k + 1) / looks for k in range(looks)]
    return spent(tuple(fractions), confidence)


@lru_cache(maxsize=64)
def spent(fractions: tuple[float, ...], confidence: float) -> tuple[float, ...]:
    """The boundaries by numerical integration, for shares of any size."""
    side = (1.0 - confidence) / 2.0
    quantile = normal_quantile(1.0 - side / 2.0)
    first = math.sqrt(fractions[0])
    spending = [math.erfc(quantile / math.sqrt(2.0 * f)) for f in fractions]
    result = [-normal_quantile(max(spending[0], _LEAST))]
    bound = result[0] * first
    density = _start(bound, first)
    for k in range(1, len(fractions)):
        step = math.sqrt(fractions[k] - fractions[k - 1])
        bound = _next_bound(density, step, spending[k] - spending[k - 1])
        result.append(bound / math.sqrt(fractions[k]))
        if k < len(fractions) - 1:
            density = _advance(density, step, bound)
    return tuple(result)


_Density = list[tuple[float, float]]
"""(place, probability mass) of the paths that have not crossed yet."""


def _grid(bound: float) -> tuple[list[float], list[float]]:
    """Simpson's points and weights from far below up to the boundary."""
    low = -_REACH
    width = (bound - low) / _GRID
    points = [low + i * width for i in range(_GRID + 1)]
    weights = [width / 3.0 * (4 if i % 2 else 2) for i in range(_GRID + 1)]
    weights[0] = weights[-1] = width / 3.0
    return points, weights


def _start(bound: float, scale: float) -> _Density:
    points, weights = _grid(bound)
    front = 1.0 / (scale * math.sqrt(2.0 * math.pi))
    return [
        (x, w * front * math.exp(-0.5 * (x / scale) ** 2))
        for x, w in zip(points, weights, strict=True)
    ]


def _next_bound(density: _Density, step: float, budget: float) -> float:
    low, high = 0.0, 5.0 * _REACH
    for _ in range(60):
        middle = (low + high) / 2.0
        crossing = math.fsum(mass * normal_cdf((x - middle) / step) for x, mass in density)
        if crossing > budget:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _advance(density: _Density, step: float, bound: float) -> _Density:
    points, weights = _grid(bound)
    front = 1.0 / (step * math.sqrt(2.0 * math.pi))
    scale = -0.5 / (step * step)
    near = 9.0 * step
    return [
        (
            x,
            w
            * front
            * sum(
                mass * math.exp(scale * (x - y) ** 2) for y, mass in density if abs(x - y) < near
            ),
        )
        for x, w in zip(points, weights, strict=True)
    ]
