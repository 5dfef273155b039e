"""The plan of an evaluation, and the decision at each of its looks."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy
from workbench.verdicts.sequential import conclude, decide_prefix
from workbench.verdicts.sequential_plan import Plan, conditional_power, make_plan, plan_from_content
from workbench.verdicts.statistics.case_counts import minimum_cases
from workbench.verdicts.values import CasePair, Gate, Verdict

Counted = Callable[..., tuple[CasePair, ...]]
POLICY = GatePolicy(scorers=("s",), margin=0.05)


@pytest.mark.parametrize(
    ("margin", "cases"), [(0.10, 36), (0.05, 72), (0.03, 122), (0.02, 183), (0.01, 368)]
)
def test_the_minimum_is_where_no_loss_excludes_the_margin(margin: float, cases: int) -> None:
    assert minimum_cases(margin) == cases
    assert (1 - margin) ** cases <= 0.025 < (1 - margin) ** (cases - 1)


def test_a_hundred_cases_get_five_looks_and_fewer_get_one() -> None:
    plan = make_plan(300, POLICY, 7)
    assert plan.block_ends == (60, 120, 180, 240, 300)
    assert plan.z == (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)
    assert make_plan(100, POLICY, 7).looks == 5
    assert make_plan(99, POLICY, 7).looks == 1
    assert make_plan(300, POLICY, 7, full=True).z == pytest.approx([1.959964], abs=1e-6)
    assert make_plan(300, replace(POLICY, margin=0.01), 7).looks == 1, "368 cases are the minimum"
    assert make_plan(300, POLICY, 7, baseline=False).looks == 1


def test_a_plan_without_a_case_is_refused() -> None:
    with pytest.raises(UsageError, match="no case"):
        make_plan(0, POLICY, 7)


@given(st.integers(1, 700), st.booleans())
def test_the_blocks_cover_every_case_once(n: int, anytime: bool) -> None:
    plan = make_plan(n, POLICY, 1, anytime=anytime)
    covered = [i for block in plan.blocks() for i in range(n)[block]]
    assert covered == list(range(n))
    assert len(plan.z) == len(plan.block_ends) == plan.looks


@given(st.sets(st.text(max_size=8), max_size=30), st.integers(0, 2**63), st.randoms())
def test_the_order_depends_on_the_seed_alone(ids: set[str], seed: int, rng: object) -> None:
    plan = replace(make_plan(10, POLICY, 0), seed=seed)
    names = sorted(ids)
    shuffled = list(names)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan.order(shuffled) == plan.order(names)
    assert sorted(plan.order(names)) == names


def test_another_seed_gives_another_order() -> None:
    ids = [str(i) for i in range(50)]
    orders = {replace(make_plan(50, POLICY, 0), seed=seed).order(ids) for seed in range(20)}
    assert len(orders) == 20
    assert make_plan(50, POLICY, 0).order(ids)[:3] == ("44", "38", "15")


def test_groups_stay_together_and_looks_fall_between_them() -> None:
    cases = [Case(f"{g}-{i}", {}, group=f"g{g}") for g in range(150) for i in range(1 + g % 4)]
    plan = make_plan(len(cases), POLICY, 3, cases=cases)
    ordered = [case.group for case in plan.order_cases(cases)]
    changes = sum(a != b for a, b in itertools.pairwise(ordered))
    assert changes == 149
    assert plan.looks == 5
    for end in plan.block_ends[:-1]:
        assert ordered[end - 1] != ordered[end]
    few = [case for case in cases if case.group in ("g1", "g2", "g3")]
    assert make_plan(len(few) * 20, POLICY, 3, cases=few).looks == 1


def test_a_recorded_plan_is_read_back_and_its_critical_values_are_derived_anew() -> None:
    plan = make_plan(300, POLICY, 7, created_at="2026-01-01T00:00:00Z")
    content = json.loads(json.dumps(plan.content()))
    assert plan_from_content(content, POLICY) == plan
    assert plan_from_content({**content, "z": [0.1] * 5, "n_min": 1}, POLICY) == plan
    anytime = make_plan(300, POLICY, 7, anytime=True)
    assert plan_from_content(anytime.content(), POLICY) == anytime


@pytest.mark.parametrize(
    "broken", [{}, {"block_ends": [60, 60], "seed": 1}, {"block_ends": "x", "seed": 1}]
)
def test_a_record_that_is_no_plan_is_refused(broken: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="recorded plan"):
        plan_from_content(broken, POLICY)


def test_a_clear_pass_stops_at_the_first_look_that_shows_it(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    pairs = {"s": counted(7, 1, 120)}
    first = decide_prefix({"s": counted(3, 1, 60)}, plan, POLICY, 1)
    assert (first.stop, first.gate) == (False, Gate.NO_DECISION)
    second = decide_prefix(pairs, plan, POLICY, 2)
    assert (second.stop, second.gate, second.seen) == (True, Gate.PASS, 120)
    records = second.comparisons[0].details["looks"]
    assert [record["look"] for record in records] == [1, 2]
    assert [record["cases"] for record in records] == [60, 120]


def test_a_clear_loss_beyond_the_margin_stops_and_fails(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    decision = decide_prefix({"s": counted(0, 40, 120)}, plan, POLICY, 2)
    assert (decision.stop, decision.gate) == (True, Gate.FAIL)
    assert decision.comparisons[0].stopped == "fail"


def test_a_hopeless_run_is_not_paid_to_the_end(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    decision = decide_prefix({"s": counted(7, 18, 120)}, plan, POLICY, 2)
    assert (decision.stop, decision.gate) == (True, Gate.NO_DECISION)
    assert decision.comparisons[0].stopped == "futility"
    assert decision.comparisons[0].details["conditional_power"] < 0.05
    assert "(2 % even if as good as A)" in decision.reason


def test_a_small_proven_loss_waits_for_the_last_look(counted: Counted) -> None:
    plan = make_plan(1000, POLICY, 7)
    early = decide_prefix({"s": counted(0, 17, 400)}, plan, POLICY, 2)
    assert early.comparisons[0].verdict is Verdict.WORSE
    assert (early.stop, early.gate) == (False, Gate.NO_DECISION)


def test_results_after_the_look_cannot_decide(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    early = counted(2, 2, 60)
    later = tuple(replace(pair, case_id=f"later-{pair.case_id}") for pair in counted(0, 50, 50))
    assert decide_prefix({"s": (*early, *later)}, plan, POLICY, 1) == decide_prefix(
        {"s": early}, plan, POLICY, 1
    )


def test_a_prefix_that_is_not_complete_is_refused(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    with pytest.raises(UsageError, match="look 2 needs 120 cases"):
        decide_prefix({"s": counted(1, 1, 119)}, plan, POLICY, 2)
    with pytest.raises(UsageError, match="look 0 is not one"):
        decide_prefix({"s": counted(1, 1, 119)}, plan, POLICY, 0)
    with pytest.raises(UsageError, match="scorer s has no scores"):
        decide_prefix({}, plan, POLICY, 1)


def test_every_scorer_must_pass_before_the_run_may_stop(counted: Counted) -> None:
    policy = replace(POLICY, scorers=("s", "t"))
    plan = make_plan(300, policy, 7)
    good, unsure, bad = counted(7, 1, 120), counted(6, 8, 120), counted(0, 40, 120)
    assert decide_prefix({"s": good, "t": good}, plan, policy, 2).stop
    undecided = decide_prefix({"s": good, "t": unsure}, plan, policy, 2)
    assert (undecided.stop, undecided.gate) == (False, Gate.NO_DECISION)
    failed = decide_prefix({"s": good, "t": bad}, plan, policy, 2)
    assert (failed.stop, failed.gate) == (True, Gate.FAIL)


def test_a_run_that_ends_between_two_looks_has_no_decision(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    ended = conclude({"s": counted(60, 0, 150)}, plan, POLICY)
    assert (ended.gate, ended.comparisons[0].gate) == (Gate.NO_DECISION, Gate.NO_DECISION)
    assert "between two planned looks" in ended.reason
    assert ended.comparisons[0].verdict is Verdict.UNDECIDED, "else interrupting is a free look"
    assert conclude({"s": counted(60, 0, 180)}, plan, POLICY).gate is Gate.PASS
    assert conclude({"s": ()}, plan, POLICY).gate is Gate.NO_DECISION


def test_a_last_look_decides_whatever_it_finds(counted: Counted) -> None:
    plan = make_plan(300, POLICY, 7)
    decision = decide_prefix({"s": counted(10, 18, 300)}, plan, POLICY, 5)
    assert decision.stop
    assert decision.comparisons[0].details["z"] == 2.0310


def test_without_a_baseline_the_threshold_decides_on_all_cases() -> None:
    policy = replace(POLICY, threshold=0.8)
    plan: Plan = make_plan(200, policy, 7, baseline=False)
    pairs = {"s": tuple(CasePair(str(i), (), (float(i > 20),)) for i in range(200))}
    decision = decide_prefix(pairs, plan, policy, 1)
    assert (decision.stop, decision.gate) == (True, Gate.PASS)
    # A plan made before it was known that nothing is live judges the same way, at its end.
    five = make_plan(200, policy, 7)
    assert decide_prefix(pairs, five, policy, 1).stop is False
    assert decide_prefix(pairs, five, policy, 5).gate is Gate.PASS


def test_conditional_power_follows_the_formula() -> None:
    hopeful = conditional_power(1.0, 0.4, 0.12, 300, 0.05, 2.031)
    assert hopeful == pytest.approx(0.5521, abs=1e-4)
    assert conditional_power(3.0, 1.0, 0.12, 300, 0.05, 2.031) == 1.0
    assert conditional_power(1.0, 1.0, 0.12, 300, 0.05, 2.031) == 0.0
    assert conditional_power(-1e9, 0.4, 0.12, 300, 0.05, 2.031) == 0.0
