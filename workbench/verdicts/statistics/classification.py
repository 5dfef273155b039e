"""How well answers name labels: precision, recall and F1 per label, and their averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares of 1. Where nothing was answered or expected, a share is 0."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class LabelMeasures:
    """One label."""

    label: str
    measures: Measures
    cases: int
    """Answers to cases that expect it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """All labels of a run."""

    labels: tuple[LabelMeasures, ...]
    accuracy: float
    macro: Measures
    """The means over the labels, each counting the same."""
    micro: Measures
    """From the counts of all labels together."""


def classification(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> Classification:
    """The measures of a confusion matrix whose rows are expected labels and whose columns are
    answered ones, in the order of `labels`; further columns are answers that are no label. Further
    rows are left out.

    Formulas: Sokolova and Lapalme 2009, tables 2 and 3; macro F1 is the mean of the labels' F1, as
    scikit-learn has it.
    """
    size = min(len(labels), len(counts), *(len(row) for row in counts))
    rows = [list(row) for row in counts[:size]]
    right = [rows[at][at] for at in range(size)]
    answered = [sum(row[at] for row in rows) for at in range(size)]
    expected = [sum(row) for row in rows]
    each = [_measures(*of) for of in zip(right, answered, expected, strict=True)]
    total = sum(expected)
    return Classification(
        tuple(
            LabelMeasures(label, measures, cases)
            for label, measures, cases in zip(labels, each, expected, strict=False)
        ),
        _share(sum(right), total),
        Measures(
            _mean([one.precision for one in each]),
            _mean([one.recall for one in each]),
            _mean([one.f1 for one in each]),
        ),
        _measures(sum(right), sum(answered), total),
    )


def _measures(right: int, answered: int, expected: int) -> Measures:
    f1 = _share(2 * right, answered + expected)
    return Measures(_share(right, answered), _share(right, expected), f1)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
