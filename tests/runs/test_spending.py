"""A budget that is never exceeded and never waits for nobody."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Price, Request
from workbench.runs.engine.budget import Budget

REQUEST = Request("m", (Message("user", "hello"),), {"maxOutputTokens": 10})
PRICE = Price(1.0, 7.0)


@given(st.lists(st.booleans(), max_size=200), st.floats(0.0, 0.01))
def test_what_is_reserved_never_exceeds_the_limit_and_goes_back_to_nothing(
    starts: list[bool], limit: float
) -> None:
    spending = Budget(limit, PRICE)
    reserved: list[float] = []
    for start in starts:
        if start:
            cost = spending.reserve(REQUEST, 0.0)
            if cost is not None:
                reserved.append(cost)
        elif reserved:
            spending.settle(reserved.pop(), None)
        assert spending.reserved <= limit
        assert spending.under_way == len(reserved)
    for cost in reserved:
        spending.settle(cost, None)
    assert (spending.reserved, spending.under_way) == (0.0, 0)


def test_the_estimate_learns_how_long_answers_are_where_nothing_limits_them() -> None:
    open_ended = replace(REQUEST, options={})
    spending = Budget(1.0, PRICE)
    before = spending.estimate(open_ended)
    for _ in range(20):
        cost = spending.reserve(open_ended, 0.0)
        assert cost is not None
        spending.settle(cost, Answer(Outcome.OK, completion_tokens=5))
    assert before > 1024 * 7.0 / 1e6
    assert spending.estimate(open_ended) < before / 50
    assert spending.estimate(REQUEST) >= 10 * 7.0 / 1e6


def test_without_a_limit_nothing_is_held_back() -> None:
    spending = Budget(None, None)
    assert spending.reserve(REQUEST, 1e9) == 0.0
    assert not spending.is_blind
    assert Budget(1.0, None).is_blind
