"""Numbers within a tolerance."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scorers.families.judged import value
from workbench.datasets.values import Case
from workbench.errors import SuiteError
from workbench.scorers.catalog import make_scorer
from workbench.scorers.families.numeric import NUMBER, number_of, numbers_in


@pytest.mark.parametrize(
    ("text", "expected", "options", "score"),
    [
        ("42", 42, {}, 1.0),
        (" 42.0\n", "42", {}, 1.0),
        ("42", 43, {}, 0.0),
        ("1,234.5", 1234.5, {}, 1.0),
        ("\u22123", -3, {}, 1.0),
        ("1e3", 1000, {}, 1.0),
        ("the total is 42", 42, {}, 0.0),
        ("the total is 42.", 42, {"pick": "last"}, 1.0),
        ("3 of 42", 42, {"pick": "first"}, 0.0),
        ("3 of 42", 3, {"pick": "first"}, 1.0),
        ("none", 42, {"pick": "last"}, 0.0),
        ("1.000,50 EUR", 1, {"pick": "first"}, 0.0),
        ("release 1.2.3", 1.2, {"pick": "first"}, 0.0),
        ("1'000 CHF", 1, {"pick": "first"}, 0.0),
        ("1\u202f000 EUR", 0, {"pick": "last"}, 0.0),
        ("It is 3.14. Really.", 3.14, {"pick": "last"}, 1.0),
        ("1.1", 1.0, {"absolute": 0.1}, 1.0),
        ("1.11", 1.0, {"absolute": 0.1}, 0.0),
        ("105", 100, {"relative": 0.05}, 1.0),
        ("94", 100, {"relative": 0.05}, 0.0),
        ("95", 100, {"relative": 0.01, "absolute": 5}, 1.0),
        ("-105", -100, {"relative": 0.05}, 1.0),
        ("7", [5, 7], {}, 1.0),
        ("0.30000000000000004", 0.3, {}, 0.0),
        ("NaN", 1, {}, 0.0),
        ("1e9999", 1, {}, 0.0),
        ("9" * 5000, 1, {}, 0.0),
        ("1,23", 1.23, {}, 0.0),
        ("2", None, {}, None),
    ],
)
def test_numeric(text: str, expected: Any, options: dict[str, Any], score: float | None) -> None:
    assert value("numeric", text, expected, **options) == score


def test_an_expected_answer_that_is_no_number_is_refused_before_the_first_call() -> None:
    assert "is no number" in NUMBER.misfit(Case("1", {}, "many"))
    with pytest.raises(SuiteError, match="pick: one of whole, first, last"):
        make_scorer("numeric", {"pick": "best"}, "suite.yaml")


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12
    )
)
def test_a_number_is_read_as_it_is_written(number: Decimal) -> None:
    assert number_of(f"{number:,.3f}") == number
    assert numbers_in(f"about {number:.3f} in all") == [number]


@given(st.text())
def test_any_text_is_searched_for_numbers(text: str) -> None:
    assert all(number.is_finite() for number in numbers_in(text))
