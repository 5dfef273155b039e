"""Precision, recall and F1: against the counts of every single answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.verdicts.statistics.classification import Measures, classification

LABELS = ("a", "b", "c")
OTHER = "(other)"


def matrix_of(pairs: Sequence[tuple[str, str]]) -> list[list[int]]:
    columns = (*LABELS, OTHER)
    return [[pairs.count((row, column)) for column in columns] for row in LABELS]


def by_counting(pairs: Sequence[tuple[str, str]], label: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of one label, answer by answer."""
    hits = sum(expected == answered == label for expected, answered in pairs)
    false_alarms = sum(answered == label != expected for expected, answered in pairs)
    misses = sum(expected == label != answered for expected, answered in pairs)
    precision = hits / (hits + false_alarms) if hits + false_alarms else 0.0
    recall = hits / (hits + misses) if hits + misses else 0.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return precision, recall, f1


@given(
    st.lists(
        st.tuples(st.sampled_from(LABELS), st.sampled_from((*LABELS, OTHER))),
        min_size=1,
        max_size=40,
    )
)
def test_every_measure_is_that_of_counting_answer_by_answer(pairs: list[tuple[str, str]]) -> None:
    result = classification((*LABELS, OTHER), matrix_of(pairs))
    each = [by_counting(pairs, label) for label in LABELS]
    for one, counted in zip(result.labels, each, strict=True):
        assert (one.measures.precision, one.measures.recall) == pytest.approx(counted[:2])
        assert one.measures.f1 == pytest.approx(counted[2])
        assert one.cases == sum(expected == one.label for expected, _ in pairs)
    means = [sum(values) / len(LABELS) for values in zip(*each, strict=True)]
    assert result.macro.precision == pytest.approx(means[0])
    assert result.macro.recall == pytest.approx(means[1])
    assert result.macro.f1 == pytest.approx(means[2])
    right = sum(expected == answered for expected, answered in pairs)
    named = sum(answered != OTHER for _, answered in pairs)
    assert result.accuracy == pytest.approx(right / len(pairs))
    assert result.micro.recall == pytest.approx(right / len(pairs))
    assert result.micro.precision == pytest.approx(right / named if named else 0.0)


def test_the_values_that_scikit_learns_manual_gives() -> None:
    expected, answered = "abcabc", "acbaab"
    result = classification(
        LABELS, [row[:3] for row in matrix_of(list(zip(expected, answered, strict=True)))]
    )
    assert result.macro.precision == pytest.approx(0.22, abs=0.005)
    assert result.macro.recall == pytest.approx(0.33, abs=0.005)
    assert result.macro.f1 == pytest.approx(0.26, abs=0.01)
    assert result.micro == Measures(*[pytest.approx(1 / 3)] * 3)
    assert result.accuracy == pytest.approx(1 / 3)


def test_a_label_that_is_never_answered_has_a_precision_of_0() -> None:
    result = classification(("a", "b"), [[2, 0], [1, 0]])
    assert result.labels[1].measures == Measures(0.0, 0.0, 0.0)
    assert result.labels[0].measures.precision == pytest.approx(2 / 3)
