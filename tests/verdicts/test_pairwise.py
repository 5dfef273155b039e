"""A preference counts if it survives the swap; biases are found, and only where they are."""

from __future__ import annotations

import random

import pytest
from scipy.stats import binomtest

from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.comparison import compare_shuffled
from workbench.verdicts.judges.pairwise import (
    TIE,
    A,
    B,
    PairVerdict,
    binomial_p,
    monitor,
    pairs_of,
)
from workbench.verdicts.values import Verdict


@pytest.mark.parametrize(
    ("a_first", "b_first", "outcome", "scores"),
    [
        (B, B, B, (0.0, 1.0)),
        (A, A, A, (1.0, 0.0)),
        (A, B, TIE, (1.0, 1.0)),
        (B, A, TIE, (1.0, 1.0)),
        (TIE, TIE, TIE, (1.0, 1.0)),
        (B, TIE, TIE, (1.0, 1.0)),
        (None, B, None, (None, None)),
        (A, None, None, (None, None)),
    ],
)
def test_a_preference_counts_if_it_survives_the_swap(
    a_first: str | None, b_first: str | None, outcome: str | None, scores: tuple[object, object]
) -> None:
    verdict = PairVerdict("c", a_first, b_first)
    assert (verdict.outcome, verdict.scores) == (outcome, scores)


def test_the_binomial_probability_is_that_of_scipy() -> None:
    for n in (1, 2, 7, 20, 51):
        for hits in range(n + 1):
            assert binomial_p(hits, n) == pytest.approx(binomtest(hits, n).pvalue)


def simulated(
    rng: random.Random, n: int, *, prefers_b: float, flips: float, first: float
) -> list[PairVerdict]:
    """A judge that flips so often, then for the first place with that probability."""
    verdicts = []
    for number in range(n):
        if rng.random() < flips:
            verdict = (A, B) if rng.random() < first else (B, A)
        else:
            verdict = (B, B) if rng.random() < prefers_b else (A, A)
        lengths = rng.randint(10, 99), rng.randint(10, 99)
        verdicts.append(PairVerdict(f"c{number}", *verdict, False, *lengths))
    return verdicts


def test_a_judge_that_leans_to_a_place_gives_ties_and_is_named() -> None:
    verdicts = simulated(random.Random(1), 200, prefers_b=0.5, flips=0.6, first=0.95)
    monitored = monitor(verdicts)
    assert any("position bias" in warning and "first" in warning for warning in monitored.warnings)
    assert any("once they swap" in warning for warning in monitored.warnings)
    comparison = compare_shuffled(pairs_of(verdicts, [None] * 200), GatePolicy(("p",)), "p", seed=1)
    assert comparison.verdict is not Verdict.BETTER


def test_an_even_judge_is_rarely_accused() -> None:
    rng = random.Random(2)
    accused = 0
    for _ in range(300):
        accused += bool(monitor(simulated(rng, 60, prefers_b=0.5, flips=0.2, first=0.5)).warnings)
    assert accused / 300 < 0.035


def test_a_judge_that_likes_long_answers_is_named() -> None:
    verdicts = [
        PairVerdict(f"c{n}", *((B, B) if long_b else (A, A)), False, 50, 80 if long_b else 20)
        for n in range(40)
        for long_b in [n % 2 == 0]
    ]
    assert monitor(verdicts).warnings == ("the longer answer tends to win (correlation +1.00)",)


def test_equal_versions_are_called_better_no_more_often_than_planned() -> None:
    rng = random.Random(3)
    better = 0
    for number in range(400):
        verdicts = simulated(rng, 80, prefers_b=0.5, flips=0.3, first=0.9)
        pairs = pairs_of(verdicts, [None] * 80)
        comparison = compare_shuffled(pairs, GatePolicy(("p",)), "p", seed=number)
        better += comparison.verdict is Verdict.BETTER
    assert better / 400 < 0.05


def test_what_was_not_asked_says_nothing_about_the_judge() -> None:
    monitored = monitor([PairVerdict("c", TIE, TIE, unasked=True), PairVerdict("d", None, TIE)])
    assert (monitored.asked, monitored.ties, monitored.missing, monitored.flip_rate) == (
        0,
        0,
        1,
        None,
    )
