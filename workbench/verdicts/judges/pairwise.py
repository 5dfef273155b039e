"""What a pairwise judge says of two versions, and what speaks against believing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.verdicts.statistics.agreement import Interval
from workbench.verdicts.statistics.distributions import critical_z, two_sided_p
from workbench.verdicts.statistics.intervals import wilson
from workbench.verdicts.values import CasePair

A, B, TIE = "a", "b", "tie"
BIAS_P = 0.01
"""Below this probability of chance, a bias is said."""
_LEAST_DECIDED = 10


@dataclass(frozen=True, slots=True)
class PairVerdict:
    """What a judge says of one case's answers, shown in both orders: a, b, tie, or None where it
    gave no verdict.
    """

    case_id: str
    a_first: str | None
    b_first: str | None
    unasked: bool = False
    """Nobody was asked: the answers are equal byte by byte, or one has no text."""
    length_a: int = 0
    length_b: int = 0
    """Characters of the answers."""
    reason: str = ""

    @property
    def outcome(self) -> str | None:
        """The winner where it survives the swap, else a tie; None where an order has no verdict."""
        if self.a_first is None or self.b_first is None:
            return None
        return self.a_first if self.a_first == self.b_first else TIE

    @property
    def flipped(self) -> bool:
        """Whether each order prefers another answer."""
        return {self.a_first, self.b_first} == {A, B}

    @property
    def scores(self) -> tuple[float | None, float | None]:
        """Of A and B: a win of B is (0, 1), of A (1, 0), a tie (1, 1)."""
        won = self.outcome
        if won is None:
            return None, None
        return float(won != B), float(won != A)


def pairs_of(verdicts: Sequence[PairVerdict], groups: Sequence[str | None]) -> list[CasePair]:
    """The verdicts as pairs, for the same interval and gate as any other score."""
    return [
        CasePair(v.case_id, (v.scores[0],), (v.scores[1],), group, v.reason)
        for v, group in zip(verdicts, groups, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class PairMonitor:
    """How steadily a pairwise judge decided."""

    cases: int
    asked: int
    """Cases with a verdict that the judge was asked about."""
    ties: int
    """Of these, the ones without a winner."""
    missing: int
    flips: int
    """Cases whose winner changed with the order."""
    flip_rate: Interval | None
    """Of the cases that were asked, with Wilson's bounds."""
    first_flips: int
    """Flips that preferred what was shown first; the others preferred what was shown last."""
    position_p: float | None
    """Two-sided binomial probability of so uneven flips; None without flips."""
    length: float | None
    """Correlation of winning and being longer; None with fewer than ten decided cases."""
    length_p: float | None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What matters, each in one sentence."""
        warnings = []
        if self.position_p is not None and self.position_p < BIAS_P:
            where = "first" if self.first_flips * 2 > self.flips else "last"
            warnings.append(
                f"position bias: {max(self.first_flips, self.flips - self.first_flips)} of"
                f" {self.flips} flips prefer what is shown {where}"
            )
        if self.asked and 2 * self.flips > self.asked:
            warnings.append(
                f"it prefers the other answer on {self.flips} of {self.asked} cases once they swap"
            )
        if self.asked and 10 * self.ties > 9 * self.asked:
            warnings.append("nine of ten are ties: it tells the two hardly apart")
        if self.length is not None and self.length_p is not None and self.length_p < BIAS_P:
            longer = "longer" if self.length > 0 else "shorter"
            warnings.append(f"the {longer} answer tends to win (correlation {self.length:+.2f})")
        return tuple(warnings)


def monitor(verdicts: Sequence[PairVerdict]) -> PairMonitor:
    """Flips, ties, and whether place or length decides."""
    asked = [v for v in verdicts if not v.unasked and v.outcome is not None]
    flips = [v for v in asked if v.flipped]
    first = sum(v.a_first == A for v in flips)
    rate = None
    if asked:
        low, high = wilson(len(flips), len(asked), critical_z(0.95))
        rate = Interval(len(flips) / len(asked), low, high)
    decided = [v for v in asked if v.outcome in (A, B) and v.length_a != v.length_b]
    length, length_p = _length(decided)
    return PairMonitor(
        cases=len(verdicts),
        asked=len(asked),
        ties=sum(v.outcome == TIE for v in asked),
        missing=sum(v.outcome is None for v in verdicts),
        flips=len(flips),
        flip_rate=rate,
        first_flips=first,
        position_p=binomial_p(first, len(flips)) if flips else None,
        length=length,
        length_p=length_p,
    )


def binomial_p(hits: int, n: int) -> float:
    """The two-sided exact probability of at least so uneven a split of n fair tosses."""
    tail: float = sum(math.comb(n, k) for k in range(min(hits, n - hits) + 1)) / 2**n
    return min(1.0, 2 * tail)


def _length(decided: Sequence[PairVerdict]) -> tuple[float | None, float | None]:
    """The phi coefficient of winning and being longer, and its two-sided probability under
    independence, by the normal approximation. Both sides of each case count, so that which of the
    two is called B does not matter: phi is then 2 * share - 1.
    """
    n = len(decided)
    if n < _LEAST_DECIDED:
        return None, None
    longer = sum((v.outcome == B) == (v.length_b > v.length_a) for v in decided)
    phi = 2 * longer / n - 1
    return phi, two_sided_p(phi * math.sqrt(n))
