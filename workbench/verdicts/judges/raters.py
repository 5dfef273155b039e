"""How far people agree with one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from workbench.verdicts.statistics.agreement import Interval, kappa


@dataclass(frozen=True, slots=True)
class RaterPair:
    """Two people's labels of the same answers."""

    one: str
    other: str
    answers: int
    """Answers that both labelled."""
    agreed: int
    kappa: Interval | None
    """Cohen's kappa; None where chance alone would agree on everything."""


def rater_pairs(labels: Sequence[Mapping[str, str]]) -> list[RaterPair]:
    """Every two people who labelled the same answers; each item of `labels` has one answer's labels
    by rater.
    """
    pairs = []
    for one, other in combinations(sorted({rater for each in labels for rater in each}), 2):
        both = [(each[one], each[other]) for each in labels if one in each and other in each]
        if not both:
            continue
        levels = sorted({level for pair in both for level in pair})
        counts = [[both.count((a, b)) for b in levels] for a in levels]
        agreed = sum(a == b for a, b in both)
        pairs.append(RaterPair(one, other, len(both), agreed, kappa(counts)))
    return pairs
