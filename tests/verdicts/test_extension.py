"""An evaluation that goes on with fresh cases: what may be extended, and that the promise holds."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.datasets.questions import question_digest
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.evidence import make_evidence, recompute
from workbench.verdicts.recorded.extension import contradiction, extend_plan
from workbench.verdicts.sequential import conclude
from workbench.verdicts.sequential_plan import Plan, make_plan
from workbench.verdicts.statistics.betting import betting_interval, excludes, rounds_of
from workbench.verdicts.values import CasePair, Evidence, Gate

POLICY = GatePolicy(scorers=("s",), margin=0.05, extend=True)
SCORER = Scorer(Kind("s", "", lambda answer, case, options: Score(1.0)))
WHEN = {"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:01:00Z"}


def cases_of(n: int, start: int = 0) -> tuple[Case, ...]:
    return tuple(Case(f"c{i}", {"x": i}) for i in range(start, start + n))


def pairs_of(cases: Sequence[Case], lost: set[str], won: set[str]) -> tuple[CasePair, ...]:
    return tuple(
        CasePair(c.id, (0.0,) if c.id in won else (1.0,), (0.0,) if c.id in lost else (1.0,))
        for c in cases
    )


def record(
    plan: Plan,
    cases: Sequence[Case],
    pairs: tuple[CasePair, ...],
    policy: GatePolicy = POLICY,
    before: Evidence | None = None,
) -> Evidence:
    everything = (*(before.pairs["s"] if before else ()), *pairs)
    suite = Suite("t", "t", Dataset("d", tuple(cases)), (SCORER,), policy)
    return make_evidence(
        suite=suite,
        prompt_id="t",
        version="1.1.0",
        prompt_fingerprint="f" * 64,
        plan=plan,
        pairs={"s": everything},
        decision=conclude({"s": everything}, plan, policy),
        baseline_version="1.0.0",
        baseline_fingerprint="e" * 64,
        cases=cases,
        judged_before=before.cases if before else (),
        **WHEN,
    )


def undecided(policy: GatePolicy = POLICY, n: int = 120) -> Evidence:
    """Eight of these cases broke and five were fixed: too little to decide on."""
    plan = make_plan(n, policy, 7)
    cases = plan.order_cases(cases_of(n))
    lost, won = {f"c{i}" for i in range(8)}, {f"c{i}" for i in range(20, 25)}
    evidence = record(plan, cases, pairs_of(cases, lost, won), policy)
    assert evidence.gate is Gate.NO_DECISION
    return evidence


@pytest.mark.exhaustive
def test_fresh_cases_come_after_the_old_ones_and_decide() -> None:
    before = undecided()
    plan, fresh = extend_plan(before, "first", POLICY, cases_of(1_200))

    assert {case.id for case in fresh} == {f"c{i}" for i in range(120, 1_200)}
    assert plan.stages == (120, 1_200)
    assert plan.block_ends[-1] == plan.planned == 1_200
    after = record(plan, fresh, pairs_of(fresh, set(), set()), before=before)
    assert after.gate is Gate.PASS
    assert recompute(after) is Gate.PASS
    assert contradiction(after, before) == ""


def test_a_copy_of_an_old_question_is_no_fresh_case() -> None:
    before = undecided()
    copies = tuple(Case(f"d{i}", {"x": i, "unused": "y"}) for i in range(120))

    def extended(cases: tuple[Case, ...]) -> tuple[Case, ...]:
        questions = [question_digest(case, {"x"}) for case in cases]
        return extend_plan(before, "first", POLICY, cases, questions=questions)[1]

    with pytest.raises(UsageError, match="no fresh case"):
        extended((*cases_of(120), *copies))
    fresh = extended((*cases_of(120), *copies, *cases_of(30, 120)))
    assert {case.id for case in fresh} == {f"c{i}" for i in range(120, 150)}


@pytest.mark.exhaustive
def test_an_extension_may_be_extended() -> None:
    before = undecided()
    plan, fresh = extend_plan(before, "first", POLICY, cases_of(200))
    again = record(plan, fresh, pairs_of(fresh, {"c130", "c140"}, set()), before=before)
    assert again.gate is Gate.NO_DECISION
    plan, fresh = extend_plan(again, "second", POLICY, cases_of(2_000))
    assert plan.stages == (120, 200, 2_000)
    last = record(plan, fresh, pairs_of(fresh, set(), set()), before=again)
    assert (last.gate, recompute(last)) == (Gate.PASS, Gate.PASS)


def test_the_stakes_stay_those_of_the_first_plan() -> None:
    before = undecided()
    plan, _ = extend_plan(before, "first", POLICY, cases_of(3_000))
    assert plan.bets == before.plan["bets"]


@pytest.mark.parametrize(
    ("cases", "policy", "message"),
    [
        (cases_of(120), POLICY, "no fresh case"),
        (cases_of(200)[1:], POLICY, "cases were removed: 'c0'"),
        ((Case("c0", {"x": "edited"}), *cases_of(199, 1)), POLICY, "cases were changed: 'c0'"),
        (cases_of(200), replace(POLICY, extend=False), "before its first call"),
        (cases_of(200), replace(POLICY, margin=0.1), "before its first call"),
    ],
)
def test_what_may_not_be_extended_is_refused_with_its_reason(
    cases: tuple[Case, ...], policy: GatePolicy, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        extend_plan(undecided(), "first", policy, cases)


def test_an_evaluation_that_did_not_bet_from_the_first_case_is_never_extended() -> None:
    before = undecided(replace(POLICY, extend=False), 100)
    with pytest.raises(UsageError, match="before its first call"):
        extend_plan(before, "first", POLICY, cases_of(200))


def test_a_fresh_case_of_a_group_that_was_judged_is_refused() -> None:
    plan = make_plan(120, POLICY, 7)
    grouped = tuple(replace(case, group=f"g{i // 2}") for i, case in enumerate(cases_of(120)))
    before = record(plan, grouped, pairs_of(grouped, {f"c{i}" for i in range(8)}, set()))
    with pytest.raises(UsageError, match="the group 'g3', which was judged already"):
        extend_plan(before, "first", POLICY, (*grouped, Case("new", {"x": -1}, group="g3")))


def test_a_fresh_group_larger_than_the_stakes_were_made_for_is_refused() -> None:
    plan = make_plan(120, POLICY, 7)
    before = record(
        plan, cases_of(120), pairs_of(cases_of(120), {f"c{i}" for i in range(8)}, set())
    )
    fresh = tuple(replace(case, group="big") for case in cases_of(3, 120))
    with pytest.raises(UsageError, match="a fresh group has 3 cases, the largest before had 1"):
        extend_plan(before, "first", POLICY, (*cases_of(120), *fresh))


def test_a_record_whose_beginning_was_changed_contradicts_what_it_extends() -> None:
    before = undecided()
    plan, fresh = extend_plan(before, "first", POLICY, cases_of(1_200))
    after = record(plan, fresh, pairs_of(fresh, set(), set()), before=before)
    better = tuple(replace(pair, b=(1.0,)) for pair in after.pairs["s"])

    assert "does not begin with the scores" in contradiction(
        replace(after, pairs={"s": better}), before
    )
    changed = {**after.plan, "bets": 10}
    assert "another bets" in contradiction(replace(after, plan=changed), before)
    forged = replace(before, policy={**before.policy, "extend": False})
    assert contradiction(after, forged) != ""


@pytest.mark.exhaustive
def test_extending_until_it_passes_keeps_the_promise_at_the_margin() -> None:
    """Truly worse by the margin; planned at 100 and extended by 100 up to 800 while undecided."""
    rng, runs, passed = random.Random(5), 300, 0
    for _ in range(runs):
        diffs = rng.choices((-1.0, 1.0, 0.0), (0.075, 0.025, 0.9), k=800)
        passed += any(
            excludes(rounds_of(diffs[:n]), 100, 0.95, -0.05) for n in range(100, 801, 100)
        )
    # 2.5 % of 300 is 7.5; more than 15 would happen once in 200 times at that rate.
    assert passed <= 15


@given(
    st.lists(st.sampled_from([-1.0, -0.3, 0.0, 0.2, 1.0]), min_size=1, max_size=60),
    st.floats(-0.99, 0.99),
)
def test_the_interval_is_what_the_bets_do_not_exclude(diffs: list[float], d0: float) -> None:
    rounds = rounds_of(diffs)
    low, _ = betting_interval(rounds, len(rounds), 0.95)
    if abs(low - d0) > 1e-6:
        assert excludes(rounds, len(rounds), 0.95, d0) == (d0 < low)
