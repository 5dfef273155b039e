"""The planner, repeats, noise, repeated use of a gate set, and the e-process."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.comparison import compare_pairs, compare_threshold
from workbench.verdicts.multiple_comparisons import (
    attempt_note,
    best_of,
    holm,
    winners_curse,
    winners_curse_note,
)
from workbench.verdicts.noise import Noise, below_noise, flip_rate, noise_of, noise_sentence
from workbench.verdicts.planner import flip_rate_seen, plan_sentence
from workbench.verdicts.repeats import (
    Spread,
    flaky_cases,
    pass_power_k,
    suggest_repeats,
    variances,
)
from workbench.verdicts.statistics import anytime
from workbench.verdicts.statistics.case_counts import cases_needed
from workbench.verdicts.values import CasePair

Counted = Callable[..., tuple[CasePair, ...]]
POLICY = GatePolicy(scorers=("s",), margin=0.05)


@pytest.mark.parametrize(
    ("flip_rate", "needed"),
    [
        (0.04, (36, 126, 349, 785, 3_140)),
        (0.06, (48, 189, 524, 1_178, 4_710)),
        (0.10, (79, 314, 873, 1_963, 7_849)),
        (0.16, (126, 503, 1_396, 3_140, 12_559)),
        (0.25, (197, 785, 2_181, 4_906, 19_623)),
    ],
)
def test_the_planner_gives_the_published_table(flip_rate: float, needed: tuple[int, ...]) -> None:
    planned = [cases_needed(margin / 100, flip_rate) for margin in (10, 5, 3, 2, 1)]
    assert planned == list(needed)


def test_the_planner_at_ninety_per_cent_and_for_an_improvement() -> None:
    assert cases_needed(0.05, 0.06, confidence=0.9) == 149
    assert cases_needed(0.02, 0.25, confidence=0.9) == 3_865
    assert cases_needed(0.0, 0.10, 0.05) == pytest.approx(314, rel=0.03)
    assert cases_needed(0.05) == cases_needed(0.05, 0.15)
    with pytest.raises(ValueError, match="no number of cases"):
        cases_needed(0.05, 0.1, -0.05)


def test_the_plan_is_said_with_its_cost() -> None:
    sentence = plan_sentence(
        300, 0.05, flip_rate=0.1, cost_per_case_usd=0.004, seconds_per_case=0.5
    )
    assert sentence == (
        "margin 5 needs about 314 cases at a flip rate of 10 % (seen so far); 300 are 14 too few;"
        " at most 1.20 USD and 150 s"
    )
    assert "assumed, nothing was seen yet" in plan_sentence(1000, 0.05)
    assert plan_sentence(1000, 0.05).endswith("1,000 are enough")


def test_the_flip_rate_seen_so_far_is_that_of_all_earlier_comparisons(counted: Counted) -> None:
    first = compare_pairs(counted(5, 5, 100), POLICY, "s")
    second = compare_pairs(counted(20, 10, 300), POLICY, "s")
    assert flip_rate_seen([first, second]) == pytest.approx(40 / 400)
    assert flip_rate_seen([]) is None
    alone = compare_threshold([CasePair("x", (), (1.0,))], POLICY, "s")
    assert flip_rate_seen([alone]) is None, "without a baseline nothing flips"


def repeated(*rows: tuple[Sequence[float | None], Sequence[float | None]]) -> list[CasePair]:
    return [CasePair(f"c{i}", tuple(a), tuple(b)) for i, (a, b) in enumerate(rows)]


def test_flaky_cases_pass_sometimes() -> None:
    pairs = repeated(([1, 1], [1, 0]), ([0, 0], [0, 0]), ([1, 0], [1, 1]), ([1, 1], [None, 1]))
    assert flaky_cases(pairs) == ("c0",)
    assert flaky_cases(pairs, "a") == ("c2",)


def test_pass_power_k_is_the_chance_that_all_answers_pass() -> None:
    pairs = repeated(([], [1, 1, 1]), ([], [1, 1, 0]), ([], [0, 0, 0]))
    assert pass_power_k(pairs, 1) == pytest.approx(5 / 9)
    assert pass_power_k(pairs, 2) == pytest.approx((1 + 1 / 3 + 0) / 3)
    assert pass_power_k(pairs, 3) == pytest.approx(1 / 3)
    assert pass_power_k(pairs, 4) is None


def test_the_spread_between_and_within_cases_is_estimated_without_bias() -> None:
    rng = np.random.default_rng(2)
    cases, repeats = 4_000, 4
    shift = rng.normal(0, 0.05, cases)
    pairs = repeated(
        *(
            (rng.normal(0.5, 0.1, repeats).tolist(), rng.normal(0.5 + s, 0.1, repeats).tolist())
            for s in shift
        )
    )
    variance = variances(pairs)
    assert variance is not None
    assert variance.within == pytest.approx(0.02, rel=0.05)
    assert variance.between == pytest.approx(0.0025, rel=0.25)
    assert suggest_repeats(variance) == 3
    assert suggest_repeats(Spread(0.02, 0.0025)) is None
    diffs = [np.mean(pair.b) - np.mean(pair.a) for pair in pairs]  # type: ignore[arg-type]
    assert variance.error(cases, repeats) == pytest.approx(
        np.std(diffs) / math.sqrt(cases), rel=0.02
    )


def test_single_answers_have_no_spread_within() -> None:
    assert variances(repeated(([1], [0]), ([0], [1]))) is None
    assert variances([]) is None


def test_noise_is_what_flips_when_the_same_prompt_runs_twice(counted: Counted) -> None:
    assert flip_rate(counted(3, 2, 50, missing=4)) == pytest.approx(0.1)
    assert flip_rate(()) is None
    noise = noise_of(counted(3, 2, 50))
    assert (noise.flips, noise.cases, noise.rate) == (5, 50, 0.1)
    assert noise.low < 0.1 < noise.high


def test_a_regression_below_the_noise_is_marked_so(counted: Counted) -> None:
    noise = Noise(5, 50, 0.04, 0.21)
    small = compare_pairs(counted(8, 14, 300), POLICY, "s")
    large = compare_pairs(counted(30, 36, 300), POLICY, "s")
    one_way = compare_pairs(counted(0, 20, 300), POLICY, "s")
    assert below_noise(small, noise)
    assert below_noise(small, 0.1)
    assert not below_noise(large, noise)
    assert not below_noise(one_way, noise), "noise has no direction"
    assert not below_noise(compare_pairs((), POLICY, "s"), noise)
    assert noise_sentence(small, noise) == (
        "below the noise: 10.0 % of 50 cases flip when A runs twice, and 7.3 % flip from A to B"
    )
    assert noise_sentence(large, noise) == (
        "10.0 % of 50 cases flip when A runs twice, 22.0 % flip from A to B"
    )
    assert noise_sentence(large, noise, itself=True) == (
        "noise: 10.0 % of 50 cases flip when A runs twice (95 % interval 4.0 to 21.0)"
    )


def test_every_attempt_after_the_first_is_noted() -> None:
    assert attempt_note(1) == ""
    assert attempt_note(2) == (
        "attempt 2 on this gate set: up to 2 x 2.5 % chance one bad version got through"
    )
    assert attempt_note(7).startswith("attempt 7 on this gate set: up to 7 x 2.5 % chance")
    assert "fresh cases" not in attempt_note(4)
    assert "fresh cases" in attempt_note(7)
    assert "2 x 5 %" in attempt_note(2, 0.9)


@pytest.mark.parametrize("seed", range(8))
def test_holm_agrees_with_statsmodels(seed: int) -> None:
    p_values = np.random.default_rng(seed).uniform(0, 0.2, 2 + seed).tolist()
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == ()


def test_the_best_of_several_needs_more_than_one_candidate_alone(counted: Counted) -> None:
    lucky = compare_pairs(counted(22, 9, 300), POLICY, "s")
    clear = compare_pairs(counted(60, 5, 300), POLICY, "s")
    same = compare_pairs(counted(10, 10, 300), POLICY, "s")
    assert best_of([lucky]) == (True,)
    assert best_of([lucky, same, same, clear]) == (False, False, False, True)
    assert best_of([compare_pairs((), POLICY, "s")]) == (False,)


def test_the_winners_curse_is_the_expected_luck_of_the_best() -> None:
    assert winners_curse(1, 0.02) == 0.0
    assert winners_curse(2, 1.0) == pytest.approx(1 / math.sqrt(math.pi), abs=1e-6)
    assert winners_curse(10, 1.0) == pytest.approx(1.53875, abs=1e-4)
    assert winners_curse_note(1, 0.02) == ""
    assert winners_curse_note(10, 0.02) == (
        "best of 10: luck alone would put it about 3.1 points ahead"
    )


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 100), st.floats(-0.9, 0.9))
def test_the_e_value_is_the_stated_product(wins: int, losses: int, ties: int, d0: float) -> None:
    counts = anytime.count([1.0] * wins + [-1.0] * losses + [0.0] * ties)
    stakes = [(j + 0.5) / 20 / (1 + d0) for j in range(20)]
    direct = [
        (1 + s * (1 - d0)) ** wins * (1 - s * (1 + d0)) ** losses * (1 - s * d0) ** ties
        for s in stakes
    ]
    expected = sum(direct) / 20
    if 1e-250 < expected < 1e250:
        assert anytime.e_value(counts, d0) == pytest.approx(expected, rel=1e-9)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, 0.3]), max_size=60))
@settings(deadline=None)
def test_the_anytime_interval_is_where_the_evidence_does_not_refute(diffs: list[float]) -> None:
    counts = anytime.count(diffs)
    low, high = anytime.interval(counts, 0.95)
    assert -1.0 <= low <= counts.mean <= high <= 1.0
    assert (low > 0.0) == (anytime.e_value(counts, 0.0) > 40.0)
    mirrored = anytime.interval(counts.mirrored, 0.95)
    assert mirrored == pytest.approx((-high, -low), abs=1e-12)


def test_the_e_process_may_be_looked_at_after_every_case() -> None:
    rng = np.random.default_rng(4)
    runs, n = 4_000, 300
    diffs = rng.choice([1.0, 0.0, -1.0], p=[0.05, 0.85, 0.10], size=(runs, n))
    log_e = np.full((runs, n), -np.inf)
    for j in range(anytime.STAKES):
        stake = (j + 0.5) / anytime.STAKES / 0.95
        path = np.cumsum(np.log1p(stake * (diffs + 0.05)), axis=1)
        log_e = np.logaddexp(log_e, path)
    log_e -= math.log(anytime.STAKES)
    assert anytime.log_evidence(anytime.count(diffs[0]), -0.05) == pytest.approx(log_e[0, -1])
    passed_ever = (log_e >= math.log(40)).any(axis=1).mean()
    assert passed_ever <= 0.025 + 3 * math.sqrt(0.025 * 0.975 / runs)
