"""Gates for few cases: what each rule says, and what it says about itself."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import pytest
from scipy.stats import binom

from workbench.present.verdict_words import headline
from workbench.runs.spec.suite import NO_REGRESSIONS, GatePolicy
from workbench.verdicts.comparison import compare_pairs, compare_threshold
from workbench.verdicts.rules import FIRST_RULES
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.statistics.case_counts import (
    decides_sentence,
    excluded_loss,
    hidden_loss,
    luck,
    proposed_rule,
)
from workbench.verdicts.values import CasePair, Gate, Verdict

POLICY = GatePolicy(scorers=("s",), rule=NO_REGRESSIONS, threshold=0.8, min_cases=10)
ALONE = GatePolicy(scorers=("s",), threshold=0.8, baseline=None)


def pairs_of(*scores: tuple[float | None, float | None]) -> tuple[CasePair, ...]:
    return tuple(CasePair(str(i), (a,), (b,)) for i, (a, b) in enumerate(scores))


def alone(passed: int, n: int) -> tuple[CasePair, ...]:
    return tuple(CasePair(str(i), (), (float(i < passed),)) for i in range(n))


def test_ten_of_ten_after_ten_of_ten_passes_by_a_rule_of_thumb_that_says_what_it_hides() -> None:
    comparison = compare_pairs(pairs_of(*[(1.0, 1.0)] * 10), POLICY, "s")
    assert comparison.gate is Gate.PASS
    assert "a rule of thumb: 10 cases can hide 31 points" in comparison.reason
    strict = compare_pairs(pairs_of(*[(1.0, 1.0)] * 10), replace(POLICY, rule="not_worse"), "s")
    assert strict.gate is Gate.NO_DECISION


def test_a_rule_of_thumb_decides_nothing_on_too_few_cases_or_without_a_threshold() -> None:
    def right(n: int) -> tuple[CasePair, ...]:
        return pairs_of(*[(1.0, 1.0)] * n)

    one = compare_pairs(right(1), replace(POLICY, min_cases=None), "s")
    assert (one.gate, "1 case is too few" in one.reason) == (Gate.NO_DECISION, True)
    few = compare_pairs(right(9), POLICY, "s")
    assert (few.gate, "at least 10 are needed" in few.reason) == (Gate.NO_DECISION, True)
    bare = compare_pairs(right(30), replace(POLICY, threshold=None), "s")
    assert (bare.gate, "needs a threshold" in bare.reason) == (Gate.NO_DECISION, True)


@pytest.mark.parametrize("rule", ["no_regressions", "not_worse"])
def test_what_is_never_right_passes_no_gate_however_bad_the_baseline_is(rule: str) -> None:
    policy = replace(POLICY, rule=rule, threshold=0.0)
    comparison = compare_pairs(pairs_of(*[(0.0, 0.0)] * 100), policy, "s")
    assert (comparison.gate, "B scores 0.0 %" in comparison.reason) == (Gate.FAIL, True)
    assert compare_pairs(pairs_of(*[(0.0, 0.0)] * 99, (0.0, 1.0)), policy, "s").gate is Gate.PASS


@pytest.mark.parametrize("rules", [FIRST_RULES, 2])
def test_passes_that_were_recorded_by_earlier_rules_are_derived_as_they_were(rules: int) -> None:
    one = replace(POLICY, threshold=None, min_cases=None)
    plan = replace(make_plan(1, one, 1), rules=rules)
    assert conclude({"s": pairs_of((0.0, 0.0))}, plan, one).gate is Gate.PASS
    strict = replace(one, rule="not_worse")
    plan = replace(make_plan(99, strict, 1), rules=rules)
    assert conclude({"s": pairs_of(*[(0.0, 0.0)] * 99)}, plan, strict).gate is Gate.PASS


def test_one_case_that_falls_fails_however_many_are_won() -> None:
    comparison = compare_pairs(pairs_of((1.0, 0.0), *[(0.0, 1.0)] * 9), POLICY, "s")
    assert (comparison.gate, comparison.reason) == (
        Gate.FAIL,
        "1 case scores lower under B than under A",
    )


@pytest.mark.parametrize("gone", [(1.0, None), (None, 0.0)])
def test_a_missing_score_that_may_hide_a_fall_is_no_decision(
    gone: tuple[float | None, float | None],
) -> None:
    comparison = compare_pairs(pairs_of(gone, *[(1.0, 1.0)] * 29), POLICY, "s")
    assert comparison.gate is Gate.NO_DECISION
    assert "missing" in comparison.reason


def test_one_case_is_called_a_case() -> None:
    one = pairs_of((1.0, 1.0))
    reasons = [
        compare_pairs(one, replace(POLICY, min_cases=1), "s").reason,
        compare_pairs(one, replace(POLICY, rule="not_worse"), "s").reason,
        compare_threshold(alone(1, 1), ALONE, "s").reason,
        headline(compare_threshold(alone(1, 1), replace(ALONE, min_cases=1), "s"), ALONE),
    ]
    assert not [line for line in reasons if "1 cases" in line], reasons
    assert sum("1 case" in line for line in reasons) == 3, reasons


def test_the_threshold_holds_beside_the_rule() -> None:
    below = compare_pairs(pairs_of(*[(0.0, 0.0)] * 3, *[(1.0, 1.0)] * 7), POLICY, "s")
    assert below.gate is Gate.FAIL
    assert "below the threshold of 80 %" in below.reason


def test_the_rule_is_asked_once_on_all_cases() -> None:
    assert make_plan(500, POLICY, 1).looks == 1


def test_a_threshold_decides_nothing_on_fewer_than_twenty_cases() -> None:
    assert compare_threshold(alone(1, 1), ALONE, "s").gate is Gate.NO_DECISION
    few = compare_threshold(alone(19, 19), ALONE, "s")
    assert (few.gate, "19 cases are too few" in few.reason) == (Gate.NO_DECISION, True)
    assert compare_threshold(alone(20, 20), ALONE, "s").gate is Gate.PASS
    assert compare_threshold(alone(10, 10), replace(ALONE, min_cases=10), "s").gate is Gate.PASS


def test_a_record_of_the_first_rules_needed_no_least_number() -> None:
    assert compare_threshold(alone(1, 1), ALONE, "s", rules=FIRST_RULES).gate is Gate.PASS


@pytest.mark.parametrize(("cases", "chance"), [(20, 0.41), (100, 0.15), (300, 0.02)])
def test_the_chance_that_luck_reached_the_threshold_is_shown(cases: int, chance: float) -> None:
    assert luck(0.8, cases) == pytest.approx(chance, abs=0.01)
    comparison = compare_threshold(alone(cases, cases), ALONE, "s")
    assert comparison.details["luck"] == luck(0.8, cases)


def scored(scores: Iterable[float], size: int = 1) -> tuple[CasePair, ...]:
    """The candidate's scores alone; `size` cases in a row are a group."""
    return tuple(
        CasePair(str(i), (), (score,), f"g{i // size}" if size > 1 else None)
        for i, score in enumerate(scores)
    )


def test_graded_scores_that_vary_little_are_better_where_a_binomial_tail_would_not_say_so() -> None:
    pairs = scored(0.85 + 0.05 * (-1) ** i for i in range(100))
    comparison = compare_threshold(pairs, ALONE, "s")
    assert (comparison.verdict, comparison.gate, comparison.method) == (
        Verdict.BETTER,
        Gate.PASS,
        "betting",
    )
    assert comparison.low is not None and 0.8 <= comparison.low < 0.85
    assert comparison.details["luck"] < 0.001 < luck(0.8, 100)
    before = compare_threshold(pairs, ALONE, "s", rules=3)
    assert (before.verdict, before.method) == (Verdict.NOT_WORSE, "wilson")
    assert (before.gate, before.details["luck"]) == (Gate.PASS, luck(0.8, 100))


def test_cases_of_a_group_that_agree_are_bet_on_as_one() -> None:
    passes = [float(i % 10 > 0) for i in range(100)]
    together = scored((score for score in passes for _ in range(5)), 5)
    comparison = compare_threshold(together, ALONE, "s")
    single = compare_threshold(scored(passes), ALONE, "s")
    assert (comparison.method, single.method) == ("betting", "wilson")
    assert comparison.low is not None and single.low is not None and single.high is not None
    assert comparison.low <= single.low + 0.01 and comparison.score_b == single.score_b == 0.9
    apart = compare_threshold(scored(score for score in passes for _ in range(5)), ALONE, "s")
    assert apart.low is not None and apart.low > comparison.low


def test_every_figure_beside_a_threshold_lies_between_nothing_and_one() -> None:
    for scores in ([0.0] * 30, [1.0] * 29 + [0.5], [0.5] * 30, [1e-9] * 30):
        for wanted in (0.0, 0.03, 0.8, 1.0):
            policy = replace(ALONE, threshold=wanted)
            comparison = compare_threshold(scored(scores), policy, "s")
            assert (
                comparison.low is not None
                and comparison.high is not None
                and comparison.score_b is not None
            )
            assert 0.0 <= comparison.low <= comparison.score_b <= comparison.high <= 1.0
            assert 0.0 <= comparison.details["luck"] <= 1.0
            assert wanted or comparison.details["luck"] == 1.0


@pytest.mark.parametrize("size", [1, 4])
def test_graded_scores_at_the_truth_are_seldom_called_better_worse_or_lucky(size: int) -> None:
    """The promises of the bets: 2.5 % each, and of a chance that is called 5 %, 5 %."""
    rng, runs, n = random.Random(11), 120, 80
    better = worse = lucky = 0
    for _ in range(runs):
        for mean in (0.8, 0.75):
            # Nine of ten score a little above the mean, one collapses.
            drawn = [0.0 if rng.random() < 0.1 else mean / 0.9 for _ in range(n // size)]
            comparison = compare_threshold(
                scored((score for score in drawn for _ in range(size)), size), ALONE, "s"
            )
            if mean == 0.8:
                better += comparison.verdict is Verdict.BETTER
                worse += comparison.verdict is Verdict.WORSE
            else:
                lucky += comparison.details["luck"] <= 0.05
    for count, promise in ((better, 0.025), (worse, 0.025), (lucky, 0.05)):
        assert count / runs <= promise + 3 * math.sqrt(promise * (1 - promise) / runs)


def test_what_is_never_right_reaches_no_threshold() -> None:
    none = replace(ALONE, threshold=0.0)
    comparison = compare_threshold(alone(0, 30), none, "s")
    assert (comparison.gate, comparison.reason.startswith("B scores 0.0 %")) == (Gate.FAIL, True)
    assert compare_threshold(alone(1, 30), none, "s").gate is Gate.PASS
    assert compare_threshold(alone(0, 30), none, "s", rules=3).gate is Gate.PASS


def test_luck_has_no_chance_below_zero_and_every_chance_without_a_threshold() -> None:
    assert luck(0.05, 50) == 0.0
    assert luck(0.0, 50) == 1.0


@pytest.mark.parametrize(("cases", "loss"), [(10, 0.31), (25, 0.14), (100, 0.036)])
def test_what_few_cases_can_hide(cases: int, loss: float) -> None:
    assert hidden_loss(cases) == pytest.approx(loss, abs=0.005)


def test_making_a_suite_says_what_its_cases_can_decide_and_proposes_the_rule() -> None:
    assert decides_sentence(10, 0.05) == (
        "10 cases can exclude a loss of 28 points at best; a margin of 5 needs 72: take rule:"
        " no_regressions with min_cases: 10 until then"
    )
    assert decides_sentence(100, 0.05) == "100 cases can exclude a loss of 4 points at best"
    assert (proposed_rule(71, 0.05), proposed_rule(72, 0.05)) == ("no_regressions", "not_worse")


@pytest.mark.parametrize("cases", [10, 72, 300])
def test_the_loss_that_can_be_excluded_is_the_bound_without_a_changed_case(cases: int) -> None:
    comparison = compare_pairs(
        pairs_of(*[(1.0, 1.0)] * cases), replace(POLICY, rule="not_worse"), "s"
    )
    assert comparison.low == pytest.approx(-excluded_loss(cases), abs=1e-6)


@pytest.mark.exhaustive(keep=7)
@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.8, 0.95, 0.99])
@pytest.mark.parametrize("cases", [20, 47, 110])
def test_a_true_rate_at_the_threshold_is_called_above_or_below_it_as_rarely_as_promised(
    threshold: float, cases: int
) -> None:
    policy = GatePolicy(scorers=("s",), baseline=None, threshold=threshold)
    chances: dict[Verdict, float] = defaultdict(float)
    for passed, chance in enumerate(binom.pmf(range(cases + 1), cases, threshold).tolist()):
        chances[compare_threshold(alone(passed, cases), policy, "s").verdict] += chance
    assert chances[Verdict.BETTER] <= 0.025
    assert chances[Verdict.WORSE] <= 0.025
