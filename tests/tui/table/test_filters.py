"""What a user types after `/`."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from workbench.tui.table.columns import Column
from workbench.tui.table.filters import parse_filter


@dataclass(frozen=True)
class Row:
    text: str = ""
    score: float | None = None
    status: str = "pass"

    def haystack(self) -> str:
        return self.text


COLUMNS: tuple[Column[Row], ...] = (
    Column("score", "score", 5, lambda row: row.score),
    Column("status", "status", 5, lambda row: row.status),
    Column("output", "output", 5, lambda row: row.text),
    Column("ms", "ms", 5, lambda row: None),
)


def passes(typed: str, row: Row) -> bool:
    wanted = parse_filter(typed, COLUMNS)
    assert not wanted.problem
    return wanted.matches(row)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("charged twice", True),
        ("CHARGED", True),
        ("charged  twice", False),
        ("!charged", False),
        ("!refund", True),
        ("re:char.ed", True),
        ("!re:^refund", True),
        ("score<0.5", True),
        ("score<0.2", False),
        ("score>=0.25 charged", True),
        ("score<50%", True),
        ("status:fail", True),
        ("!status:fail", False),
        ("status=FAIL", True),
        ("status!=pass", True),
        ("output:twice", True),
        ("", True),
        ("!", True),
        ("price:5", False),
    ],
)
def test_a_filter_lets_through_what_it_says(typed: str, expected: bool) -> None:
    row = Row("I was charged twice", 0.25, "FAIL")
    assert passes(typed, row) is expected


def test_a_number_is_never_compared_with_a_missing_value() -> None:
    assert not passes("score<0.5", Row("x", None))
    assert not passes("score>=0", Row("x", None))


def test_half_a_regular_expression_is_a_problem_not_a_crash() -> None:
    wanted = parse_filter("re:(", COLUMNS)
    assert "no regular expression yet" in wanted.problem
    assert not wanted


@pytest.mark.exhaustive
def test_a_pattern_that_takes_too_long_is_given_up_and_says_so() -> None:
    wanted = parse_filter("re:^(a|aa)+$", COLUMNS)
    rows = [Row("aa", 1.0), Row("a" * 60 + "!", 1.0), Row("aa", 1.0)]
    assert not wanted.trouble
    assert [wanted.matches(row) for row in rows] == [True, False, False]
    assert "too long" in wanted.trouble


def test_many_quick_searches_are_never_too_long() -> None:
    wanted = parse_filter("!re:charged (once|never)", COLUMNS)
    assert all(wanted.matches(Row("I was charged twice", 1.0)) for _ in range(20_000))
    assert not wanted.trouble


def test_a_comparison_with_no_number_says_so() -> None:
    assert parse_filter("score<high", COLUMNS).problem == "high is no number"


def test_no_text_is_no_filter() -> None:
    assert not parse_filter("   ")
    assert not parse_filter("re:")
