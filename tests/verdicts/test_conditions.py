"""Margins of slices, cost and latency: what passes, what fails, what decides nothing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.support.examples import examples
from workbench.present.slices.lines import slice_lines
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.conditions import Condition, conditions_at
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.slices import MOST_TAGS, slice_standings
from workbench.verdicts.statistics.quantiles import least_cases, quantile_shift, ranks
from workbench.verdicts.statistics.ratios import log_ratio, mean_ratio
from workbench.verdicts.values import CasePair, Gate, Verdict

POLICY = GatePolicy(scorers=("s",))


def pairs(a: Sequence[float | None], b: Sequence[float | None], tag: str = "") -> list[CasePair]:
    tags = (tag,) if tag else ()
    return [
        CasePair(f"{tag}{at}", (x,), (y,), tags=tags)
        for at, (x, y) in enumerate(zip(a, b, strict=True))
    ]


def judged(name: str, margin: float, values: list[CasePair]) -> Condition:
    policy = replace(POLICY, also=((name, margin),))
    scores = pairs([1.0] * len(values), [1.0] * len(values))
    plan = make_plan(len(values), policy, 1, full=True)
    key = "@cost" if name == "cost" else "@latency"
    (condition,) = conditions_at({"s": scores, key: values}, plan, policy, 1)
    return condition


def test_equal_costs_exclude_ten_percent_from_60_cases_on() -> None:
    few, enough = (judged("cost", 0.1, pairs([0.01] * n, [0.01] * n)) for n in (59, 60))
    assert (few.gate, enough.gate) == (Gate.NO_DECISION, Gate.PASS)


def test_a_cost_that_doubles_fails_and_one_that_is_halved_passes() -> None:
    rng = random.Random(1)
    a = [0.01 * math.exp(rng.gauss(0, 0.3)) for _ in range(200)]
    dearer, cheaper = (judged("cost", 0.1, pairs(a, [x * k for x in a])) for k in (2.0, 0.5))
    assert (dearer.gate, cheaper.gate) == (Gate.FAIL, Gate.PASS)
    assert dearer.difference == pytest.approx(1.0) and cheaper.difference == pytest.approx(-0.5)


def test_the_interval_of_many_moderate_ratios_is_no_narrower_than_students() -> None:
    rng = random.Random(2)
    logs = [rng.gauss(0.05, 0.2) for _ in range(300)]
    ratio = mean_ratio(logs, None, confidence=0.95)
    low, high = stats.t.interval(0.95, 299, loc=stats.tmean(logs), scale=stats.sem(logs))
    assert ratio is not None
    assert ratio.low <= math.exp(low) + 1e-9 and ratio.high >= math.exp(high) - 1e-9
    assert ratio.value == pytest.approx(math.exp(stats.tmean(logs)))


def test_a_cost_of_nothing_is_equal_to_nothing_and_far_from_something() -> None:
    assert log_ratio(0.0, 0.0) == 0.0
    assert log_ratio(0.0, 1.0) == -(log_ratio(1.0, 0.0) or 0.0) == math.log(4)
    assert log_ratio(None, 1.0) is None


@pytest.mark.parametrize("gone", [3, 40])
def test_missing_costs_count_as_fourfold_and_too_many_decide_nothing(gone: int) -> None:
    a: list[float | None] = [0.01] * 200
    b: list[float | None] = [None] * gone + [0.01] * (200 - gone)
    condition = judged("cost", 0.1, pairs(a, b))
    assert condition.missing == gone
    assert condition.gate is (Gate.PASS if gone == 3 else Gate.NO_DECISION)


def test_a_percentile_needs_its_least_cases_and_gives_its_reason() -> None:
    assert least_cases(0.95, 0.025) == 72
    condition = judged("latency_p95", 0.2, pairs([1.0] * 71, [1.0] * 71))
    assert condition.gate is Gate.NO_DECISION and "at least 72" in condition.reason
    assert judged("latency_p95", 0.2, pairs([1.0] * 72, [1.0] * 72)).gate is Gate.PASS


def test_a_median_that_is_a_second_later_fails() -> None:
    rng = random.Random(3)
    a = [rng.lognormvariate(0, 0.5) for _ in range(200)]
    assert judged("latency_p50", 0.2, pairs(a, [x + 1 for x in a])).gate is Gate.FAIL
    assert judged("latency_p50", 1.2, pairs(a, [x + 1 for x in a])).gate is Gate.PASS


def test_grouped_cases_have_no_percentile() -> None:
    values = [CasePair(str(at), (1.0,), (1.0,), f"g{at // 2}") for at in range(200)]
    assert "groups" in judged("latency_p50", 1.0, values).reason


@given(st.integers(1, 400), st.sampled_from([0.05, 0.5, 0.9, 0.95, 0.99]))
@settings(max_examples=examples(60), deadline=None)
def test_the_ranks_are_those_of_the_binomial(n: int, share: float) -> None:
    first, last = ranks(n, share, 0.025)
    assert first == 0 or stats.binom.cdf(first - 1, n, share) <= 0.025 + 1e-9
    assert stats.binom.cdf(first, n, share) > 0.025 - 1e-9
    assert last == n + 1 or stats.binom.sf(last - 1, n, share) <= 0.025 + 1e-9
    assert stats.binom.sf(last - 2, n, share) > 0.025 - 1e-9


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=150), st.floats(-1e3, 1e3))
@settings(max_examples=examples(60), deadline=None)
def test_a_shift_of_every_case_lies_in_the_interval(a: list[float], by: float) -> None:
    shift = quantile_shift(a, [x + by for x in a], 0.5, 0.025)
    assert shift is not None
    assert shift.low <= shift.value <= shift.high
    assert shift.value == pytest.approx(by, abs=1e-6)


def test_no_false_pass_at_the_margin_in_more_than_the_promise() -> None:
    """Seeded and small; `benchmarks/further_margins.py` simulates far more."""
    rng = random.Random(7)
    runs, n, margin = 400, 200, math.log(1.1)
    dearer = later = 0
    for _ in range(runs):
        # One case in twenty costs four times as much; the rest make up for all but the margin.
        logs = [
            math.log(4) if rng.random() < 0.05 else 0.0275 + rng.gauss(0, 0.05) for _ in range(n)
        ]
        ratio = mean_ratio(logs, None, confidence=0.95)
        dearer += ratio is not None and math.log(ratio.high) < margin
        a = [rng.paretovariate(1.5) for _ in range(n)]
        b = [rng.paretovariate(1.5) + 0.2 for _ in range(n)]
        shift = quantile_shift(a, b, 0.9, 0.025)
        later += shift is not None and shift.high < 0.2
    assert dearer <= 0.04 * runs and later <= 0.04 * runs


def test_every_condition_must_pass_and_one_that_fails_fails_the_gate() -> None:
    vip = pairs([1.0] * 90, [1.0] * 90, "vip") + pairs([1.0] * 10, [0.0] * 10, "vip ")
    plain = pairs([0.0] * 100, [1.0] * 100, "plain")
    scores = [replace(p, tags=("vip",)) for p in vip] + plain
    policy = replace(POLICY, slices=(("vip", 0.05),))
    plan = make_plan(200, policy, 1, full=True)
    assert conclude({"s": scores}, plan, POLICY).gate is Gate.PASS
    decision = conclude({"s": scores}, plan, policy)
    assert decision.gate is Gate.FAIL and decision.reason.startswith("slice vip: ")


def test_claims_about_many_tags_are_adjusted_and_about_few_cases_are_not_made() -> None:
    """7 of 40 broke: worse by itself, not as one of 41 tags."""
    unlucky = pairs([1.0] * 40, [0.0] * 7 + [1.0] * 33, "unlucky")
    rest = [pair for at in range(40) for pair in pairs([1.0] * 20, [1.0] * 20, f"t{at:02}-")]
    small = pairs([1.0] * 12, [0.0] * 12, "small")

    def standing(tag: str, *groups: list[CasePair]) -> tuple[Verdict, Verdict, bool]:
        every = [pair for group in groups for pair in group]
        plan = make_plan(len(every), POLICY, 1, full=True)
        tagged = next(s for s in slice_standings(every, plan, POLICY, "s", 1) if s.tag == tag)
        return tagged.comparison.verdict, tagged.claim, tagged.enough

    assert standing("unlucky", unlucky) == (Verdict.WORSE, Verdict.WORSE, True)
    assert standing("unlucky", unlucky, rest) == (Verdict.WORSE, Verdict.UNDECIDED, True)
    assert standing("small", small, unlucky) == (Verdict.WORSE, Verdict.UNDECIDED, False)


def test_tags_that_every_case_has_of_its_own_are_no_slices() -> None:
    every = [CasePair(str(at), (1.0,), (1.0,), tags=("all", f"id{at}")) for at in range(400)]
    plan = make_plan(400, POLICY, 1, full=True)
    standings = slice_standings(every, plan, POLICY, "s", 1)
    assert len(standings) == MOST_TAGS and "all" in {one.tag for one in standings}
    lines = slice_lines(standings)
    assert len(lines) == 4 and lines[2] == "199 tags have fewer than 20 cases"
