"""Judging recorded evaluations anew: records of earlier releases."""

from __future__ import annotations

from tests.registry.making import build_evidence
from workbench import PromptVersion
from workbench.actions.proving.rescore import _decision
from workbench.datasets.values import Case, Dataset
from workbench.providers.base import Answer, Outcome
from workbench.registry import EvaluationRecord
from workbench.runs.spec.suite import GatePolicy, Suite
from workbench.runs.spec.values import Result
from workbench.scorers.base import Kind, Score, Scorer
from workbench.verdicts.values import Gate

SCORER = Scorer(Kind("exact", "", lambda answer, case, options: Score(1.0)))


def test_a_record_of_0_1_0_without_a_plan_is_judged_at_a_single_look() -> None:
    policy = GatePolicy(("exact",), threshold=0.8, baseline=None)
    evidence = build_evidence(
        PromptVersion("p", "1.0.0", "text", author="ana"), policy=policy, plan={}, run_b="r"
    )
    record = EvaluationRecord("e", evidence, "", "ana", 1)
    cases = tuple(Case(pair.case_id, {}) for pair in evidence.pairs["exact"])
    suite = Suite("quality", "p", Dataset("d", cases), (SCORER,), policy)
    answer = Answer(Outcome.OK, text="x")
    runs = {"r": [Result(case.id, 0, answer, {"exact": Score(1.0)}) for case in cases]}
    decision = _decision(record, suite, runs, {}, suite.parts)
    assert (decision.after, decision.problem) == (Gate.PASS, "")
