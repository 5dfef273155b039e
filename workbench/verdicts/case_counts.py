"""How many cases a question needs, before any was asked."""

from __future__ import annotations

import math

from workbench.verdicts.distributions import critical_z, normal_quantile

DEFAULT_FLIP_RATE = 0.15
POWER = 0.80


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
