"""Which of two prompts people prefer, decided by bets that may be looked at after every pair."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from workbench.verdicts.judges.pairwise import TIE, A, B
from workbench.verdicts.statistics.anytime import Counts, interval, log_evidence, needed
from workbench.verdicts.values import Verdict

BOTH_BAD = "both_bad"
CHOICES = (A, B, TIE, BOTH_BAD)
MOST_MORE = 2_000
"""Pairs beyond which no number is told."""
_MOST_LOG = math.log(1e300)


@dataclass(frozen=True, slots=True)
class Preferred:
    """What judgements so far say; A is what is live, B the candidate."""

    verdict: Verdict
    """Better, worse or undecided: of B."""
    a: int
    b: int
    ties: int
    both_bad: int
    rate: float | None
    """The share of the pairs with a winner in which that is B."""
    low: float
    high: float
    """What the true share may be, valid after any number of pairs."""
    e_value: float
    """The evidence that the true share is not one half, for the side that leads."""
    needed: float
    """The e-value that decides."""
    settled_at: int | None
    """The judgement, counted from 1, at which it was decided; later ones change nothing."""
    more: int | None
    """About how many more pairs would decide, would they go as these did; None: no telling."""

    @property
    def judged(self) -> int:
        return self.a + self.b + self.ties + self.both_bad


def preferred(choices: Sequence[str], confidence: float = 0.95) -> Preferred:
    """The verdict on judgements in their order, each one of CHOICES.

    Under "who wins is a toss" the evidence of either side (`anytime.log_evidence`) ever reaches
    2 / (1 - confidence) with probability (1 - confidence) / 2 at most, however often one looks and
    whenever one stops. Ties and pairs that are both bad say nothing of who wins.
    """
    counts = {choice: choices.count(choice) for choice in CHOICES}
    a, b = counts[A], counts[B]
    verdict, settled_at = settled(choices, confidence)
    low, high = _share_interval(b, a, confidence)
    leader = _log_evidence(max(a, b), min(a, b))
    more = None if settled_at else _more(a, b, len(choices), confidence)
    return Preferred(
        verdict,
        a,
        b,
        counts[TIE],
        counts[BOTH_BAD],
        b / (a + b) if a + b else None,
        low,
        high,
        math.exp(min(leader, _MOST_LOG)),
        needed(confidence),
        settled_at,
        more,
    )


def settled(choices: Sequence[str], confidence: float = 0.95) -> tuple[Verdict, int | None]:
    """The verdict, and the judgement, counted from 1, at which it was reached; None: not yet."""
    enough = math.log(needed(confidence))
    wins = {A: 0, B: 0}
    for number, choice in enumerate(choices, 1):
        if choice not in wins:
            continue
        wins[choice] += 1
        if _log_evidence(wins[B], wins[A]) >= enough:
            return Verdict.BETTER, number
        if _log_evidence(wins[A], wins[B]) >= enough:
            return Verdict.WORSE, number
    return Verdict.UNDECIDED, None


@lru_cache(maxsize=65_536)
def _log_evidence(wins: int, losses: int) -> float:
    """log of the evidence that the side with `wins` wins more often than not."""
    return log_evidence(Counts(((-1.0, losses), (1.0, wins))), 0.0)


@lru_cache(maxsize=4_096)
def _share_interval(wins: int, losses: int, confidence: float) -> tuple[float, float]:
    if not wins + losses:
        return 0.0, 1.0
    low, high = interval(Counts(((-1.0, losses), (1.0, wins))), confidence)
    return (low + 1.0) / 2.0, (high + 1.0) / 2.0


def _more(a: int, b: int, judged: int, confidence: float) -> int | None:
    """Pairs until the evidence is enough, if as many win, lose and tie as before."""
    decided = a + b
    if a == b:
        return None
    enough = math.log(needed(confidence))
    share = max(a, b) / decided

    def decides(total: int) -> bool:
        wins = round(share * total)
        return _log_evidence(wins, total - wins) >= enough

    low, high = decided, 2 * decided
    while not decides(high):
        if high > decided + MOST_MORE:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    more = math.ceil((high - decided) * judged / decided)
    return more if more <= MOST_MORE else None
