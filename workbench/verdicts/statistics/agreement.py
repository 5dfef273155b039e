"""How far a judge agrees with people: sensitivity, specificity and Cohen's kappa."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from workbench.verdicts.statistics.distributions import critical_z
from workbench.verdicts.statistics.intervals import wilson


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Matrix:
    """Answers by what the judge and what people said of them."""

    passed_both: int
    passed_by_judge: int
    """And failed by people."""
    passed_by_people: int
    """And failed by the judge."""
    failed_both: int

    @property
    def cases(self) -> int:
        return self.passed_both + self.passed_by_judge + self.passed_by_people + self.failed_both

    @property
    def passed(self) -> int:
        """By people."""
        return self.passed_both + self.passed_by_people

    @property
    def failed(self) -> int:
        """By people."""
        return self.passed_by_judge + self.failed_both

    @property
    def agreement(self) -> float | None:
        """The share of answers of which both say the same."""
        return (self.passed_both + self.failed_both) / self.cases if self.cases else None

    def sensitivity(self, confidence: float = 0.95) -> Interval | None:
        """The judge's passes among what people passed, with Wilson's bounds; None without any."""
        return _rate(self.passed_both, self.passed, confidence)

    def specificity(self, confidence: float = 0.95) -> Interval | None:
        """The judge's fails among what people failed, with Wilson's bounds; None without any."""
        return _rate(self.failed_both, self.failed, confidence)

    def kappa(self, confidence: float = 0.95) -> Interval | None:
        """Cohen's kappa with its interval; None where both say the same of everything."""
        return kappa(
            (
                (self.passed_both, self.passed_by_judge),
                (self.passed_by_people, self.failed_both),
            ),
            confidence,
        )


def matrix_of(pairs: Sequence[tuple[bool, bool]]) -> Matrix:
    """The matrix of pairs of what the judge and what people say."""
    return Matrix(
        pairs.count((True, True)),
        pairs.count((True, False)),
        pairs.count((False, True)),
        pairs.count((False, False)),
    )


def _rate(hits: int, of: int, confidence: float) -> Interval | None:
    return Interval(hits / of, *wilson(hits, of, critical_z(confidence))) if of else None


def kappa(counts: Sequence[Sequence[int]], confidence: float = 0.95) -> Interval | None:
    """Cohen's kappa of a square table of counts, rows one rater, columns the other; None where
    chance alone would agree on everything.

    The interval is of the large-sample standard error of Fleiss, Cohen and Everitt, Psychological
    Bulletin 72 (1969) 323-327, equation 13, cut to [-1, 1].
    """
    n = sum(map(sum, counts))
    if n == 0:
        return None
    size = range(len(counts))
    share = [[cell / n for cell in row] for row in counts]
    rows = [sum(row) for row in share]
    columns = [sum(share[i][j] for i in size) for j in size]
    observed = sum(share[i][i] for i in size)
    expected = sum(rows[i] * columns[i] for i in size)
    if math.isclose(expected, 1.0):
        return None
    value = (observed - expected) / (1 - expected)
    left = 1 - value
    agreeing = sum(share[i][i] * (1 - (rows[i] + columns[i]) * left) ** 2 for i in size)
    apart = sum(share[i][j] * (columns[i] + rows[j]) ** 2 for i in size for j in size if i != j)
    variance = agreeing + left * left * apart - (value - expected * left) ** 2
    half = critical_z(confidence) * math.sqrt(max(0.0, variance) / n) / (1 - expected)
    return Interval(value, max(-1.0, value - half), min(1.0, value + half))


def kappa_of_raters(labels: Sequence[Mapping[str, bool]]) -> float | None:
    """The mean of Cohen's kappa over all pairs of raters, weighted by the answers that both rated;
    None where no two rated the same. Each item of `labels` has one answer's labels by rater.
    """
    total = weights = 0.0
    for one, other in combinations(sorted({rater for each in labels for rater in each}), 2):
        pairs = [(each[one], each[other]) for each in labels if one in each and other in each]
        agreed = matrix_of(pairs).kappa() if pairs else None
        if agreed is not None:
            total += agreed.value * len(pairs)
            weights += len(pairs)
    return total / weights if weights else None
