"""Preferences are decided by bets: at any time, with few false claims, and not by ties."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from workbench.verdicts.judges.preferences import CHOICES, preferred, settled
from workbench.verdicts.values import Verdict

FEW, MANY = 400, 4_000
MOST_PAIRS = 200
choices = st.lists(st.sampled_from(CHOICES), max_size=40)


def people(share: float, times: int, ties: float = 0.2) -> list[list[str]]:
    """What scripted people say who prefer B in that share of the pairs with a winner."""
    random = Random(20261128)

    def one() -> str:
        if random.random() < ties:
            return "tie"
        return "b" if random.random() < share else "a"

    return [[one() for _ in range(MOST_PAIRS)] for _ in range(times)]


@pytest.mark.parametrize("times", [FEW, pytest.param(MANY, marks=pytest.mark.exhaustive)])
def test_a_person_who_tosses_a_coin_is_rarely_said_to_prefer_a_side(times: int) -> None:
    """However long they go on, and whenever they stop: it is looked at after every pair."""
    claims = sum(settled(answers)[1] is not None for answers in people(0.5, times))
    # 5 % is the promise for ever; three standard errors for the simulation.
    assert claims / times <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / times)


def test_a_person_who_prefers_b_with_65_percent_is_told_so_after_about_a_hundred_keys() -> None:
    told = [settled(answers) for answers in people(0.65, FEW)]
    keys = sorted(number or MOST_PAIRS for _, number in told)  # ties included
    assert 60 < keys[FEW // 2] < 160
    assert sum(verdict is Verdict.BETTER for verdict, _ in told) > 0.7 * FEW
    assert sum(verdict is Verdict.WORSE for verdict, _ in told) <= 0.025 * FEW


def test_the_interval_holds_the_true_share_after_any_number_of_pairs() -> None:
    missed = 0
    for answers in people(0.65, 30):
        moments = [preferred(answers[:number]) for number in (5, 20, 60, 150)]
        missed += any(not one.low <= 0.65 <= one.high for one in moments)
    assert missed <= 30 * 0.05 + 3 * math.sqrt(30 * 0.05 * 0.95)


@settings(max_examples=examples(30))
@given(choices)
def test_swapping_the_sides_swaps_the_verdict(answers: list[str]) -> None:
    one = preferred(answers)
    other = preferred([{"a": "b", "b": "a"}.get(choice, choice) for choice in answers])
    swap = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    assert other.verdict is swap.get(one.verdict, one.verdict)
    assert (other.a, other.b, other.settled_at) == (one.b, one.a, one.settled_at)
    assert other.low == pytest.approx(1 - one.high)


@settings(max_examples=examples(30))
@given(choices)
def test_ties_and_pairs_that_are_both_bad_say_nothing(answers: list[str]) -> None:
    one, other = preferred(answers), preferred([choice for choice in answers if choice in "ab"])
    assert (one.verdict, one.e_value, one.low, one.high) == (
        other.verdict,
        other.e_value,
        other.low,
        other.high,
    )


@settings(max_examples=examples(30))
@given(choices, choices)
def test_a_decision_stands_whatever_comes_later(answers: list[str], later: list[str]) -> None:
    before, after = preferred(answers), preferred(answers + later)
    if before.settled_at is not None:
        assert (after.verdict, after.settled_at) == (before.verdict, before.settled_at)


def test_as_many_more_pairs_as_are_told_would_settle_it() -> None:
    answers = ["b", "b", "a", "tie"] * 5
    more = preferred(answers).more
    assert more is not None
    assert preferred([*answers, *(["b", "b", "a", "tie"] * (more // 4 + 1))]).settled_at is not None
    assert preferred(["a", "b"]).more is None


@pytest.mark.parametrize("wins", [7, 8])
def test_the_evidence_is_the_mean_of_twenty_bets(wins: int) -> None:
    """By hand: a stake of (j + 1/2) / 20 on each of `wins` pairs that all go one way."""
    by_hand = sum((1 + (j + 0.5) / 20) ** wins for j in range(20)) / 20
    one = preferred(["b"] * wins)
    assert one.e_value == pytest.approx(by_hand)
    assert (one.verdict is Verdict.BETTER) == (by_hand >= 40)
