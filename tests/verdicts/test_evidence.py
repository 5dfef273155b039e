"""The record of an evaluation: written, read, judged anew, and what tampering does to it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import workbench.verdicts as verdicts
from tests.support.examples import examples
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.evidence import (
    evidence_from_json,
    evidence_to_json,
    make_evidence,
    make_external_evidence,
    recompute,
)
from workbench.verdicts.sequential import conclude, decide_prefix
from workbench.verdicts.sequential_plan import make_plan
from workbench.verdicts.values import CasePair, Evidence, Gate

Counted = Callable[..., tuple[CasePair, ...]]
POLICY = GatePolicy(scorers=("s",), margin=0.05)
SCORER = Scorer(Kind("s", "", lambda answer, case, options: Score(1.0)))
WHEN = {"started_at": "2026-01-01T00:00:00Z", "finished_at": "2026-01-01T00:01:00Z"}


def suite_of(policy: GatePolicy, n: int) -> Suite:
    cases = tuple(Case(f"c{i}", {"x": i}) for i in range(n))
    return Suite("triage", "triage", Dataset("d", cases), (SCORER,), policy)


def evidence_of(
    pairs: Mapping[str, tuple[CasePair, ...]], policy: GatePolicy, planned: int, **plan: bool
) -> Evidence:
    """What the gate records of these scores, in the order of the plan."""
    made = make_plan(planned, policy, 11, **plan)
    by_id = {name: {pair.case_id: pair for pair in rows} for name, rows in pairs.items()}
    first = next(iter(by_id.values()))
    order = made.order(list(first))
    ordered = {name: tuple(rows[i] for i in order) for name, rows in by_id.items()}
    reached = [look for look, end in enumerate(made.block_ends, 1) if end <= len(order)]
    decision = conclude(ordered, made, policy)
    for look in reached:
        decision = decide_prefix(ordered, made, policy, look)
        if decision.stop:
            break
    return make_evidence(
        suite=suite_of(policy, planned),
        prompt_id="triage",
        version="1.1.0",
        prompt_fingerprint="f" * 64,
        plan=made,
        pairs=ordered,
        decision=decision,
        baseline_version="1.0.0",
        baseline_fingerprint="e" * 64,
        run_a="ra",
        run_b="rb",
        **WHEN,
    )


@st.composite
def any_evidence(draw: st.DrawFn) -> Evidence:
    seed = draw(st.integers(0, 10_000))
    rng = random.Random(seed)
    n = draw(st.sampled_from([1, 3, 40, 110, 150]))
    repeats = draw(st.sampled_from([1, 1, 2]))
    graded = draw(st.booleans())
    lost = draw(st.sampled_from([0.0, 0.0, 0.02]))
    shift = draw(st.sampled_from([-0.3, -0.1, 0.0, 0.2]))

    def side(up: float) -> tuple[float | None, ...]:
        return tuple(
            None
            if rng.random() < lost
            else round(min(1.0, max(0.0, rng.random() + up)), 2)
            if graded
            else float(rng.random() < 0.7 + up)
            for _ in range(repeats)
        )

    text = st.text(max_size=6)
    names = draw(st.lists(text, min_size=n, max_size=n, unique=True)) if n < 5 else None
    ids = names or [f"c{i}" for i in range(n)]
    pairs = tuple(
        CasePair(i, side(0.0), side(shift), rng.choice([None, "g"]) if n > 100 else None, "why")
        for i in ids
    )
    policy = replace(POLICY, threshold=draw(st.sampled_from([None, 0.4])))
    return evidence_of({"s": pairs}, policy, n, full=draw(st.booleans()))


@given(any_evidence())
@settings(max_examples=examples(80), deadline=None)
def test_a_record_survives_the_round_trip_and_has_one_text(evidence: Evidence) -> None:
    text = evidence_to_json(evidence)
    read = evidence_from_json(text)
    assert read == evidence
    assert evidence_to_json(read) == text
    assert json.loads(text)["schema"] == 1


@given(any_evidence())
@settings(max_examples=examples(80), deadline=None)
def test_the_gate_can_be_recomputed_from_the_stored_rows_alone(evidence: Evidence) -> None:
    read = evidence_from_json(evidence_to_json(evidence))
    blind = replace(read, comparisons=(), gate=Gate.NO_DECISION, score=None)
    assert recompute(blind) is evidence.gate


def test_equal_records_with_other_kinds_of_numbers_have_one_text(counted: Counted) -> None:
    pairs = counted(25, 10, 90)
    as_ints = tuple(
        replace(p, a=tuple(int(x or 0) for x in p.a), b=tuple(int(x or 0) for x in p.b))
        for p in pairs
    )
    one, other = (evidence_of({"s": rows}, POLICY, 90) for rows in (pairs, as_ints))
    assert evidence_to_json(one) == evidence_to_json(other)


def test_only_the_prefix_that_decided_is_recorded(counted: Counted) -> None:
    evidence = evidence_of({"s": counted(100, 0, 300)}, POLICY, 300)
    assert evidence.gate is Gate.PASS
    assert len(evidence.pairs["s"]) < 300
    assert evidence.planned == 300
    assert recompute(evidence) is Gate.PASS


def forged(evidence: Evidence, **changes: object) -> Gate:
    return recompute(replace(evidence, **changes))  # type: ignore[arg-type]


def test_a_forged_gate_or_comparison_changes_nothing(counted: Counted) -> None:
    failing = evidence_of({"s": counted(8, 38, 300)}, POLICY, 300)
    assert failing.gate is not Gate.PASS
    better = tuple(replace(c, gate=Gate.PASS, low=0.5) for c in failing.comparisons)
    assert forged(failing, gate=Gate.PASS, comparisons=better) is not Gate.PASS


def test_an_easier_plan_smuggled_into_the_record_changes_nothing(counted: Counted) -> None:
    failing = evidence_of({"s": counted(15, 18, 300)}, replace(POLICY, margin=0.02), 300)
    assert failing.gate is Gate.NO_DECISION
    plan = {**failing.plan, "z": [0.0] * len(failing.plan["z"]), "n_min": 1, "margin": 0.9}
    assert forged(failing, plan=plan) is Gate.NO_DECISION
    assert forged(failing, plan={"seed": 1}) is Gate.NO_DECISION
    assert forged(failing, policy={"unknown": 1}) is Gate.NO_DECISION


def test_rows_left_out_doubled_or_in_another_order_are_no_decision(counted: Counted) -> None:
    passing = evidence_of({"s": counted(60, 0, 300)}, POLICY, 300)
    rows = passing.pairs["s"]
    assert recompute(passing) is Gate.PASS
    assert forged(passing, pairs={"s": rows[:-1]}) is Gate.NO_DECISION
    assert forged(passing, pairs={"s": (rows[1], rows[0], *rows[2:])}) is Gate.NO_DECISION
    assert forged(passing, pairs={"s": (*rows[:-1], rows[0])}) is Gate.NO_DECISION
    assert forged(passing, pairs={}) is Gate.NO_DECISION
    assert forged(passing, planned=len(rows)) is Gate.NO_DECISION


def test_a_baseline_taken_out_of_the_rows_is_no_decision(counted: Counted) -> None:
    policy = replace(POLICY, threshold=0.5)
    evidence = evidence_of({"s": counted(0, 90, 300)}, policy, 300, full=True)
    alone = tuple(replace(pair, a=()) for pair in evidence.pairs["s"])
    assert forged(evidence, pairs={"s": alone}) is Gate.NO_DECISION
    raw = tuple(CasePair(pair.case_id, (0.5,), (0.5,)) for pair in alone)
    assert forged(evidence, pairs={"s": alone, "@latency": raw}) is Gate.NO_DECISION


def test_a_baseline_taken_out_of_the_rows_of_one_scorer_is_no_decision(counted: Counted) -> None:
    policy = replace(POLICY, scorers=("s", "t"), threshold=0.5)
    rows = counted(60, 0, 300)
    evidence = evidence_of({"s": rows, "t": rows}, policy, 300, full=True)
    alone = tuple(replace(pair, a=()) for pair in evidence.pairs["t"])
    assert forged(evidence, pairs={**evidence.pairs, "t": alone}) is Gate.NO_DECISION


def test_a_teams_own_suite_is_judged_by_its_threshold() -> None:
    def external(scores: Mapping[str, float | None]) -> Evidence:
        return make_external_evidence(
            prompt_id="triage",
            version="1.0.0",
            prompt_fingerprint="f" * 64,
            suite="theirs",
            suite_fingerprint="a" * 64,
            scores=scores,
            threshold=0.8,
            scorer="theirs",
            **WHEN,
        )

    passing = external({"all": 0.85})
    assert passing.external
    assert (passing.gate, passing.score) == (Gate.PASS, 0.85)
    assert external({"all": 0.79}).gate is Gate.FAIL
    assert external({"x": 1.0, "y": None}).gate is Gate.NO_DECISION
    read = evidence_from_json(evidence_to_json(passing))
    assert read == passing
    assert recompute(read) is Gate.PASS


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "gate": "pass"}', "null", "\ud800"]
)
def test_a_text_that_is_no_record_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as refusal:
        evidence_from_json(text)
    assert "\n" not in str(refusal.value)


def test_a_key_of_a_later_version_is_ignored(counted: Counted) -> None:
    evidence = evidence_of({"s": counted(1, 1, 20)}, POLICY, 20)
    content = {**json.loads(evidence_to_json(evidence)), "later": 1}
    assert evidence_from_json(json.dumps(content)) == evidence


def test_what_the_package_exports_is_there() -> None:
    for name in verdicts.__all__:
        assert getattr(verdicts, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = verdicts.nonsense


def test_the_order_in_which_scorers_are_kept_does_not_change_the_text(counted: Counted) -> None:
    policy = replace(POLICY, scorers=("s", "a"))
    rows = counted(25, 10, 90)
    one = evidence_of({"s": rows, "a": rows}, policy, 90)
    other = replace(one, pairs=dict(reversed(list(one.pairs.items()))))
    assert evidence_to_json(one) == evidence_to_json(other)
    assert recompute(other) is recompute(one) is Gate.PASS
