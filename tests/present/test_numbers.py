"""Numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.present import numbers

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.9024, "0.902"), (1.0, "1.000"), (None, numbers.UNKNOWN), (0.0, "0.000")]
)
def test_a_score_has_three_digits_and_a_missing_one_is_no_zero(
    value: float | None, shown: str
) -> None:
    assert numbers.score(value) == shown


@pytest.mark.parametrize(
    ("fraction", "shown"),
    [(0.0321, "+3.2"), (-0.01, "-1.0"), (0.0, "+0.0"), (-0.0001, "+0.0"), (None, numbers.UNKNOWN)],
)
def test_points_always_have_a_sign_and_zero_is_never_negative(
    fraction: float | None, shown: str
) -> None:
    assert numbers.points(fraction) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (0.0, "$0"),
        (0.00031, "$0.00031"),
        (0.0742, "$0.074"),
        (0.41, "$0.41"),
        (12.4, "$12.40"),
        (1234.5, "$1,234.50"),
        (-0.5, "-$0.50"),
        (None, numbers.UNKNOWN),
    ],
)
def test_money_has_the_digits_it_needs(usd: float | None, shown: str) -> None:
    assert numbers.money(usd) == shown


@given(st.floats(1e-7, 1e6))
def test_money_that_was_spent_never_looks_free(usd: float) -> None:
    assert float(numbers.money(usd).removeprefix("$").replace(",", "")) > 0


@given(st.permutations([0.1, 0.2, 0.3, 0.7, 1.1, 0.4, 1.6, 2.3, 0.05, 1.25]))
def test_the_order_of_a_sum_is_not_seen_where_a_tie_is_rounded(costs: list[float]) -> None:
    assert numbers.change(sum(costs), sum(cost * 1.125 for cost in costs)) == "+12%"
    assert numbers.money(sum(cost / 64 for cost in costs)) == "$0.12"


@pytest.mark.parametrize(
    ("before", "after", "shown"), [(2.0, 2.26, "+13%"), (2.0, 1.0, "-50%"), (3.0, 3.0, "+0%")]
)
def test_a_change_is_a_share_of_what_was_before(before: float, after: float, shown: str) -> None:
    assert numbers.change(before, after) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"), [(248, 400, "62%"), (399, 400, "99%"), (400, 400, "100%")]
)
def test_only_all_of_it_is_a_hundred_per_cent(part: float, whole: float, shown: str) -> None:
    assert numbers.share(part, whole) == shown


def test_a_share_of_nothing_is_unknown() -> None:
    assert numbers.share(0, 0) == numbers.UNKNOWN


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (38, "38"),
        (51_200, "51.2k"),
        (999_949, "999.9k"),
        (999_950, "1.0M"),
        (None, numbers.UNKNOWN),
    ],
)
def test_tokens_are_rounded_to_thousands_and_millions(count: int | None, shown: str) -> None:
    assert numbers.tokens(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.64, "640 ms"),
        (0.9996, "1.0 s"),
        (1.2, "1.2 s"),
        (30.0, "30 s"),
        (245.0, "4:05"),
        (None, numbers.UNKNOWN),
    ],
)
def test_a_call_takes_milliseconds_seconds_or_minutes(seconds: float | None, shown: str) -> None:
    assert numbers.seconds(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"), [(31.0, "0:31"), (724.0, "12:04"), (3723.0, "1:02:03"), (None, "-:--")]
)
def test_a_clock_counts_hours_when_there_are_some(seconds: float | None, shown: str) -> None:
    assert numbers.clock(seconds) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-22T11:59:48Z", "12 s ago"),
        ("2026-11-22T11:15:00+00:00", "45 min ago"),
        ("2026-11-22T09:59:00Z", "2 h ago"),
        ("2026-11-19T12:00:00Z", "3 d ago"),
        ("2026-01-02T12:00:00Z", "2026-01-02"),
        ("2027-01-02T12:00:00Z", "2027-01-02"),
        ("yesterday", "yesterday"),
    ],
)
def test_an_age_becomes_a_date_when_it_is_long(stored: str, shown: str) -> None:
    assert numbers.age(stored, NOW) == shown


def test_one_case_and_many_cases() -> None:
    assert numbers.plural(1, "case") == "1 case"
    assert numbers.plural(4_000, "case") == "4,000 cases"
    assert numbers.plural(2, "entry", "entries") == "2 entries"
