"""Intervals for a mean difference that stay valid after every case: a capital process of bets.

Waudby-Smith and Ramdas, JRSS B 86 (2024) 1-27, the predictable plug-in of section 4.2. Under "the
true mean is at most m" the capital prod(1 + stake_i * (x_i - m)) is a supermartingale whatever the
scores, so it reaches 1/alpha at any time with probability alpha at most (Ville). A stake depends on
earlier cases alone: one that followed the size of its own group would be smaller on large groups,
and their losses would hide. No variance is estimated that a rare collapse could falsify, and
looking early or adding fresh cases costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

_LEAST_VARIANCE = 1e-4
_SAFE_SHARE = 0.9
"""A stake loses at most this share of the capital on one round."""
_PRECISION = 1e-9
_MOST = 1e300
"""Capital beyond which counting on changes no decision."""

_Bet = tuple[float, int, float, float]
"""Total and size of a round, the stake per case, and the size that limits it."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is bet on at once: a case, or a group of cases that are not independent."""

    total: float
    """Sum of its cases' differences, moved from [-1, 1] to [0, 1]."""
    size: int


def rounds_of(diffs: Sequence[float], groups: Sequence[Hashable] | None = None) -> list[Round]:
    """The rounds in the order of their first cases. Sizes are known before the scores are."""
    if groups is None:
        return [Round((diff + 1.0) / 2.0, 1) for diff in diffs]
    totals: dict[Hashable, tuple[float, int]] = {}
    for diff, group in zip(diffs, groups, strict=True):
        total, size = totals.get(group, (0.0, 0))
        totals[group] = total + (diff + 1.0) / 2.0, size + 1
    return [Round(total, size) for total, size in totals.values()]


def betting_interval(
    rounds: Sequence[Round], planned: int, confidence: float, largest: int = 0
) -> tuple[float, float]:
    """All true mean differences in [-1, 1] that no moment of the bets refuted, half of
    1 - `confidence` on each side.

    `planned` is the number of rounds of the first plan, `largest` the cases of its largest round
    (0: of those that are there); the stakes are made for both and stay so when fresh rounds come
    later.
    """
    alpha = (1.0 - confidence) / 2.0
    mirrored = [Round(item.size - item.total, item.size) for item in rounds]
    low = _lower_bound(rounds, planned, alpha, largest)
    high = 0.0 - _lower_bound(mirrored, planned, alpha, largest)
    return low, high


def excludes(
    rounds: Sequence[Round], planned: int, confidence: float, d0: float, largest: int = 0
) -> bool:
    """Whether the lower bound of `betting_interval` is at least `d0`, without looking for it."""
    alpha = (1.0 - confidence) / 2.0
    bets = _bets(rounds, planned, alpha, largest)
    return _most_capital(bets, (d0 + 1.0) / 2.0, 1.0 / alpha) >= 1.0 / alpha


def betting_p_value(
    rounds: Sequence[Round], planned: int, confidence: float, largest: int = 0
) -> float:
    """Two-sided p of a true difference of 0, valid at any time: 2 / the most capital reached.

    The stakes are those of `betting_interval` at this confidence, so the p-value is at most
    1 - confidence exactly when the interval excludes 0.
    """
    alpha = (1.0 - confidence) / 2.0
    mirrored = [Round(item.size - item.total, item.size) for item in rounds]
    most = max(
        _most_capital(_bets(side, planned, alpha, largest), 0.5) for side in (rounds, mirrored)
    )
    return min(1.0, 2.0 / most)


def chance_at_most(
    rounds: Sequence[Round], planned: int, confidence: float, d0: float, largest: int = 0
) -> float:
    """An upper bound of how often rounds look this good where the true mean difference is at most
    `d0`: 1 / the most capital reached against it.
    """
    bets = _bets(rounds, planned, (1.0 - confidence) / 2.0, largest)
    return 1.0 / _most_capital(bets, (d0 + 1.0) / 2.0)


def _lower_bound(rounds: Sequence[Round], planned: int, alpha: float, largest: int) -> float:
    """The largest mean difference that is refuted from below; -1 where none is."""
    bets = _bets(rounds, planned, alpha, largest)
    needed = 1.0 / alpha
    low, high = 0.0, 1.0
    if _most_capital(bets, low, needed) < needed:
        return -1.0
    while high - low > _PRECISION:
        middle = (low + high) / 2.0
        # The capital falls as the refuted mean rises, so the refuted ones are an interval.
        if _most_capital(bets, middle, needed) >= needed:
            low = middle
        else:
            high = middle
    return 2.0 * low - 1.0


def _bets(rounds: Sequence[Round], planned: int, alpha: float, largest: int) -> list[_Bet]:
    """Each round with its stake, before that is limited for the mean that is tested:

    sqrt(2 ln(1/alpha) / (v * planned)), where v is the running variance of the rounds before, begun
    with one pseudo-round of `largest` cases of mean 1/2 and variance 1/4.
    """
    bets: list[_Bet] = []
    scale = 2.0 * math.log(1.0 / alpha) / max(1, planned)
    unit = float(largest or max((item.size for item in rounds), default=1))
    count, cases, total, squares = 1, unit, unit / 2.0, unit * unit / 4.0
    least = _LEAST_VARIANCE * unit * unit
    for item in rounds:
        stake = math.sqrt(scale / max(squares / count, least))
        # What a round may lose is limited as if it were the largest.
        bets.append((item.total, item.size, stake, max(unit, item.size)))
        count += 1
        cases += item.size
        total += item.total
        squares += (item.total - item.size * total / cases) ** 2
    return bets


def _most_capital(bets: Sequence[_Bet], mean: float, enough: float = math.inf) -> float:
    """The most that a capital of 1 became against "the true mean is at most `mean`" in [0, 1]."""
    capital = most = 1.0
    limit = _SAFE_SHARE / mean if mean > 0.0 else math.inf
    for total, size, stake, unit in bets:
        most_stake = limit / unit
        capital *= 1.0 + (stake if stake < most_stake else most_stake) * (total - size * mean)
        if capital > most:
            most = capital
            if most >= enough or most > _MOST:
                return most
    return most
