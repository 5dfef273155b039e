"""An edited judge makes evidence stale, and the lineage says which judge it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.judges import JUDGE, SUITE, judged_server, make_workspace
from workbench.actions.proving.lineage import lineage
from workbench.actions.proving.recorded import recall, recorded_evaluation
from workbench.actions.refs import resolve
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.releasing.register import register
from workbench.actions.releasing.rules import apply
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.lineage.values import STALE

GATE = "gate: {scorer: max_chars, baseline: none, threshold: 0.5, min_cases: 5}\n"
QUESTIONS = tuple(f"question {n}" for n in range(6))


def test_one_changed_byte_of_a_judge_makes_evidence_stale(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=SUITE + GATE)
        with Session(workspace) as session:
            register(session, resolve(session, "qa"), description="first")
            (evidence,) = evaluate(session, "qa", "1.0.0")
            assert evidence.gate.value == "pass"
            assert session.registry.verify().ok
        with Session(workspace) as session:
            assert session.registry.status("qa", "1.0.0", "production").state.value == "tested"
            (node,) = [n for n in lineage(session, "qa@1.0.0").walk() if n.kind == "judge"]
            assert (node.name, node.detail, node.warning) == ("helpful", "mock/judge-model", "")
        path = tmp_path / "judges" / "helpful.prompty"
        path.write_text(JUDGE.replace("is helpful.", "is helpful!"))
        with Session(workspace) as session:
            traced = lineage(session, "qa@1.0.0")
            assert "judge helpful" in [d.what for d in traced.today if d.reads == STALE]
            (node,) = [n for n in traced.walk() if n.kind == "judge"]
            assert node.warning.startswith("stale")
            kept = recall(session, recorded_evaluation(session, "qa@1.0.0")).suite
            (judge,) = [scorer for scorer in kept.scorers if scorer.name == "helpful"]
            assert judge.kind.judge
            assert "is helpful." in judge.kind.judge.prompt.messages[0].content
        with Session(workspace) as session:
            apply(session, "better words")
            status = session.registry.status("qa", "1.0.0", "production")
            assert status.state.value == "stale"
            assert status.reason.startswith("judge and scorers changed since it passed qa")


def test_a_gate_that_rests_on_a_judge_decides_nothing_without_a_calibration(
    tmp_path: Path,
) -> None:
    suite = SUITE.replace(", required: false", "") + GATE
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=suite)
        with Session(workspace) as session:
            register(session, resolve(session, "qa"), description="first")
            with pytest.raises(UsageError, match="judge helpful, which is not calibrated"):
                evaluate(session, "qa", "1.0.0")
        assert server.calls == 0
