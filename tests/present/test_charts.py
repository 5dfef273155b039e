"""Charts out of text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from workbench.present.charts import (
    confusion,
    confusion_lines,
    histogram,
    histogram_lines,
    sparkline,
)


def test_a_sparkline_runs_from_low_to_high() -> None:
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"


def test_a_missing_value_is_a_gap_and_equal_ones_are_flat() -> None:
    assert sparkline([0.2, None, 0.9]) == "▁ █"
    assert sparkline([0.5, 0.5]) == "▄▄"
    assert sparkline([None]) == ""


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=60), st.integers(1, 20))
def test_a_histogram_counts_every_value_once(values: list[float | None], bins: int) -> None:
    chart = histogram(values, bins)
    assert chart.total + chart.missing == len(values)
    if chart.counts:
        assert len(chart.edges) == len(chart.counts) + 1


def test_the_upper_edge_belongs_to_the_last_bin() -> None:
    assert histogram([0.0, 0.05, 1.0], 10, low=0.0, high=1.0).counts == (2, *[0] * 8, 1)


def test_a_bin_with_one_value_does_not_look_empty() -> None:
    lines = histogram_lines(histogram([0.0] * 10_000 + [1.0], 2), 30)
    assert "▏" in lines[1]
    assert "#" in histogram_lines(histogram([0.0] * 10_000 + [1.0], 2), 30, ascii_only=True)[1]


def test_a_chart_keeps_to_its_width() -> None:
    lines = histogram_lines(histogram([1, 2, 2, 3, 3, 3], 3), 40)
    assert {cell_len(line) for line in lines} == {40}


def test_no_values_say_so() -> None:
    assert histogram_lines(histogram([]), 40) == ["no values yet"]


def test_labels_are_counted_by_expected_and_answered() -> None:
    pairs = [("bug", "bug"), ("bug", "Billing"), ("billing", "billing"), ("billing", "no idea")]
    matrix = confusion(pairs)
    assert matrix is not None
    assert matrix.labels == ("billing", "bug", "(other)")
    assert matrix.counts == ((1, 0, 1), (1, 1, 0))
    assert (matrix.right, matrix.total) == (2, 4)


def test_free_text_is_no_label_task() -> None:
    assert confusion([(f"a long answer number {n}", "x") for n in range(40)]) is None
    assert confusion([("one\nline", "x")] * 10) is None
    assert confusion([]) is None


def test_two_labels_that_differ_by_case_only_stay_two() -> None:
    matrix = confusion([("Bug", "Bug"), ("bug", "bug")] * 5)
    assert matrix is not None
    assert matrix.counts == ((5, 0), (0, 5))


def test_right_answers_stand_in_brackets() -> None:
    matrix = confusion([("bug", "bug"), ("bug", "x"), ("\x1bhi", "\x1bhi"), ("\x1bhi", "x")])
    assert matrix is not None
    text = "\n".join(confusion_lines(matrix, 60))
    assert "[1]" in text
    assert "\x1b" not in text
