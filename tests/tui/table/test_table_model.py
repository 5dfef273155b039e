"""Rows in order, filtered, changed while they are shown."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.tui.table import table_model
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.filters import Filter, parse_filter
from workbench.tui.table.table_model import (
    AT_ONCE,
    Order,
    TableModel,
    arranged,
    following,
    natural,
)


@dataclass(frozen=True)
class Row:
    key: str
    group: int = 0
    score: float | None = None

    @property
    def sign(self) -> Sign:
        return ""

    def rank(self) -> tuple[Any, ...]:
        return (self.group,)

    def haystack(self) -> str:
        return self.key


ID = Column[Row]("id", "id", 5, lambda row: row.key)
SCORE = Column[Row]("score", "score", 5, lambda row: row.score)


def keys(model: TableModel) -> list[str]:
    return [row.key for row in model.visible()]


rows = st.lists(
    st.builds(Row, st.integers(0, 30).map(str), st.integers(0, 2), st.none() | st.floats(0, 1)),
    max_size=60,
)
orders = st.sampled_from([Order(), Order(SCORE), Order(SCORE, True), Order(ID, True)])


@settings(max_examples=examples(60))
@given(rows, rows, orders, st.booleans())
def test_changes_one_by_one_give_the_same_as_all_at_once(
    first: list[Row], then: list[Row], order: Order, filtered: bool
) -> None:
    tests = (lambda row: SCORE.value(row) is not None,) if filtered else ()
    wanted = Filter("x", tests)
    one_by_one = TableModel(order, wanted)
    for row in (*first, *then):
        one_by_one.put([row])
    at_once = TableModel(order, wanted)
    at_once.put(first)
    at_once.put(then)
    assert keys(one_by_one) == keys(at_once)
    for index, key in enumerate(keys(at_once)):
        assert at_once.index_of(key) == index


searches = st.lists(
    st.sampled_from(["", "1", "12", "2", "!1", "x", "re:^1", "score>0.5", "1 score>0.5"])
    | st.tuples(rows, st.booleans()).filter(lambda step: step[0]),
    max_size=12,
)


@settings(max_examples=examples(40))
@given(rows, searches, orders, orders)
@example([Row("1")], ["", "1", ([Row("2")], True), ""], Order(), Order())
@example([Row("1")], ["1", ([Row("12")], True), "12", ([Row("2")], False), "1"], Order(), Order())
def test_earlier_filters_make_no_difference_to_the_result(
    first: list[Row], steps: list[str | tuple[list[Row], bool]], order: Order, other: Order
) -> None:
    model = TableModel()
    model.put(first)
    known = list(first)
    for at, step in enumerate(steps):
        if isinstance(step, str):
            now, wanted = (other if at % 5 == 4 else order), parse_filter(step, [SCORE])
            arrangement = arranged(*model.snapshot(), now, wanted, model.candidates(now, wanted))
            model.apply(arrangement, now, wanted)
        elif step[1]:
            model.put(step[0])
            known += step[0]
        else:
            model.replace_all(step[0])
            known = list(step[0])
        anew = TableModel(model.order, model.wanted)
        for row in known:
            anew.put([row])
        assert keys(model) == keys(anew)
        assert [model.index_of(key) for key in keys(model)] == list(range(len(model)))


def test_a_longer_search_looks_only_at_the_rows_of_the_shorter_one() -> None:
    model = TableModel()
    model.replace_all([Row(f"p{number:03}") for number in range(1000)])
    looked_at = []
    for text in ("p", "p9", "p99", "p9", "q9"):
        wanted = parse_filter(text)
        candidates = model.candidates(model.order, wanted)
        looked_at.append(len(candidates or ()))
        arrangement = arranged(*model.snapshot(), model.order, wanted, candidates)
        model.apply(arrangement, model.order, wanted)
    assert looked_at == [1000, 1000, 100, 1000, 1000]
    assert keys(model) == []


def large_model() -> TableModel:
    model = TableModel()
    model.replace_all([Row(f"p{number:05}") for number in range(2 * AT_ONCE)])
    return model


@pytest.mark.parametrize("text", ["p01", "!p01", "", "nowhere"])
def test_a_quick_search_of_many_rows_gives_the_same_as_one_in_a_thread(text: str) -> None:
    model, wanted = large_model(), parse_filter(text)
    candidates = model.candidates(model.order, wanted)
    at_once = model.arranged_at_once(model.order, wanted, candidates)
    # None on a machine that is so busy that the time is over.
    assert at_once in (None, arranged(*model.snapshot(), model.order, wanted, candidates))


def test_a_slow_search_and_a_sort_of_many_rows_are_left_to_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model, wanted = large_model(), parse_filter("p")
    candidates = model.candidates(model.order, wanted)
    assert model.arranged_at_once(Order(ID), wanted, None) is None
    monkeypatch.setattr(table_model, "SEARCH_S", -1.0)
    assert model.arranged_at_once(model.order, wanted, candidates) is None


def test_natural_order_counts_numbers() -> None:
    names = ["t-10", "t-9", "T-2", "t-010", "a", "t-9b"]
    assert sorted(names, key=natural) == ["a", "T-2", "t-9", "t-9b", "t-10", "t-010"]


def test_a_number_with_five_thousand_digits_sorts() -> None:
    assert natural("t-" + "9" * 5_000) > natural("t-10")


def test_missing_values_come_last_both_ways() -> None:
    model = TableModel(Order(SCORE))
    model.put([Row("a", 0, None), Row("b", 0, 0.1), Row("c", 0, 0.9)])
    assert keys(model) == ["b", "c", "a"]
    model = TableModel(Order(SCORE, True))
    model.put([Row("a", 0, None), Row("b", 0, 0.1), Row("c", 0, 0.9)])
    assert keys(model) == ["c", "b", "a"]


def test_a_row_that_changes_its_group_moves() -> None:
    model = TableModel()
    model.put([Row(str(number), 2) for number in range(10)])
    assert model.put([Row("7", 0)])
    assert keys(model)[0] == "7"
    assert model.index_of("7") == 0
    assert not model.put([Row("7", 0)])


def test_the_next_row_that_passes_is_found_round_the_end() -> None:
    model = TableModel()
    model.put([Row(str(number), number % 3) for number in random.Random(7).sample(range(9), 9)])
    start = len(model) - 1
    index = following(model, start, 1, lambda row: isinstance(row, Row) and row.group == 0)
    assert index == 0
    assert following(model, 0, 1, lambda row: False) is None
