"""The data of a comparison: one difference per case, with the best and worst case for missing
scores.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.verdicts.values import CasePair

SWING = 0.5
"""A change of the score by at least this much is called much better, or collapsed."""


@dataclass(frozen=True, slots=True)
class Differences:
    """b - a by case, with the group of each case where cases share groups."""

    values: tuple[float, ...]
    groups: tuple[str, ...] | None = None
    binary: bool = False
    """Every score on both sides is 0 or 1."""

    @property
    def units(self) -> int:
        """The number of independent units: groups, or cases."""
        return len(self.values) if self.groups is None else len(set(self.groups))

    @property
    def wins(self) -> int:
        return sum(value > 0.0 for value in self.values)

    @property
    def losses(self) -> int:
        return sum(value < 0.0 for value in self.values)


@dataclass(frozen=True, slots=True)
class Sample:
    """All pairs of one scorer, repeats averaged within the case."""

    complete: Differences
    worst: Differences
    """Of all pairs: a missing pair counts as a loss, a missing repeat as the least favourable
    score.
    """
    best: Differences
    ids: tuple[str, ...]
    """Of the complete pairs, in the order of `complete`."""
    fixed: tuple[str, ...]
    broke: tuple[str, ...]
    missing: tuple[str, ...]
    """Ids of pairs without any score on one side."""
    partial: tuple[str, ...]
    """Ids of complete pairs that lack a repeat."""
    missing_share: float
    score_a: float | None
    score_b: float | None
    worst_score_b: float | None
    """The mean of B with every missing score as 0."""


def mean(scores: Sequence[float | None]) -> float | None:
    """The mean of a case's repeats, or of cases, without missing scores; None where all are
    missing.

    The only mean of scores in this program, so that displays and verdicts agree.
    """
    known = [score for score in scores if score is not None]
    if not known:
        return None
    return known[0] if len(known) == 1 else math.fsum(known) / len(known)


def sample_of(pairs: Sequence[CasePair]) -> Sample:
    """The differences of `pairs`, in their order."""
    values, worst, best = [], [], []
    groups_complete, groups_all = [], []
    scores_a, scores_b, worst_b = [], [], []
    ids, fixed, broke, missing, partial = [], [], [], [], []
    gone = 0.0
    for pair in pairs:
        a, b = mean(pair.a), mean(pair.b)
        unit = f"case:{pair.case_id}" if pair.group is None else f"group:{pair.group}"
        groups_all.append(unit)
        worst_b.append(_filled(pair.b, 0.0))
        if a is None or b is None:
            missing.append(pair.case_id)
            gone += 1.0
            worst.append(-1.0)
            best.append(1.0)
            continue
        diff = b - a
        lacking = pair.a.count(None) + pair.b.count(None)
        if lacking:
            partial.append(pair.case_id)
            gone += lacking / (len(pair.a) + len(pair.b))
            worst.append(_filled(pair.b, 0.0) - _filled(pair.a, 1.0))
            best.append(_filled(pair.b, 1.0) - _filled(pair.a, 0.0))
        else:
            worst.append(diff)
            best.append(diff)
        ids.append(pair.case_id)
        values.append(diff)
        groups_complete.append(unit)
        scores_a.append(a)
        scores_b.append(b)
        if diff > 0.0:
            fixed.append(pair.case_id)
        elif diff < 0.0:
            broke.append(pair.case_id)
    binary = all(s in (0.0, 1.0) for s in scores_a) and all(s in (0.0, 1.0) for s in scores_b)
    clustered = len(set(groups_all)) < len(groups_all)
    return Sample(
        complete=_differences(values, groups_complete, binary, clustered),
        worst=_differences(worst, groups_all, binary, clustered),
        best=_differences(best, groups_all, binary, clustered),
        ids=tuple(ids),
        fixed=tuple(fixed),
        broke=tuple(broke),
        missing=tuple(missing),
        partial=tuple(partial),
        missing_share=gone / len(pairs) if pairs else 0.0,
        score_a=mean(scores_a),
        score_b=mean(scores_b),
        worst_score_b=mean(worst_b),
    )


def _differences(
    values: Sequence[float], groups: Sequence[str], binary: bool, clustered: bool
) -> Differences:
    return Differences(
        tuple(values),
        tuple(groups) if clustered else None,
        binary and all(value in (-1.0, 0.0, 1.0) for value in values),
    )


def _filled(scores: Sequence[float | None], instead: float) -> float:
    if not scores:
        return instead
    return math.fsum(instead if score is None else score for score in scores) / len(scores)
