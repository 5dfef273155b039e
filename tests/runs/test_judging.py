"""Judges share a run's budget, limits, cache and resume, and are counted apart."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.judges import (
    JUDGE,
    SUITE,
    judge_calls,
    judged_server,
    make_workspace,
    marked_texts,
    verdict,
)
from tests.support.openai_server import Reply
from workbench.actions.proving.rescore import rescore
from workbench.actions.refs import resolve
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.actions.workspace.forget import find_case, forget
from workbench.errors import UsageError
from workbench.runs.spec.values import RunStatus, RunSummary
from workbench.workspace import Workspace

QUESTIONS = tuple(f"question {n}" for n in range(6))
PRICES = "[providers.mock.prices]\nmock-model = {input = 1.0, output = 1.0}\n"
JUDGE_PRICE = "judge-model = {input = 1.0, output = 1.0}\n"
REQUIRED = SUITE.replace(", required: false", "").replace("  - max_chars: {limit: 1000}\n", "")


def run(workspace: Workspace, *, fresh: bool = False, budget: float | None = None) -> RunSummary:
    with Session(workspace) as session:
        suite = workspace.suite("qa")
        source = resolve(session, "qa")
        spec = running.make_spec(source, suite, fresh=fresh, budget_usd=budget)
        return running.start(session, spec).wait(60)


def scores(workspace: Workspace, summary: RunSummary) -> list[float | None]:
    """What the judge gave each case, in their order."""
    with Session(workspace) as session:
        results = session.store.results(summary.run_id)
    return [r.scores["helpful"].value for r in sorted(results, key=lambda r: r.case_id)]


def test_judges_are_asked_once_and_counted_apart(tmp_path: Path) -> None:
    with judged_server(lambda texts: verdict("3" not in texts["answer"])) as server:
        workspace = make_workspace(
            tmp_path, server.base_url, QUESTIONS, prices=PRICES + JUDGE_PRICE
        )
        first = run(workspace)
        assert (first.status, first.calls, first.judge_calls) == (RunStatus.COMPLETE, 6, 6)
        assert first.cost_usd and first.judge_cost_usd and first.judge_cost_usd > first.cost_usd
        again = run(workspace)
        assert (again.calls, again.judge_calls, again.judge_cached) == (0, 0, 6)
        assert again.judge_cost_usd == 0.0
        assert server.calls == 12
        fresh = run(workspace, fresh=True)
        assert (fresh.calls, fresh.judge_calls) == (6, 6)
        for summary in (first, again, fresh):
            assert scores(workspace, summary) == [float(n != 3) for n in range(6)]
        with Session(workspace) as session:
            (name, answer), *others = session.store.judgements(again.run_id, "c3", 0)
            assert (name, answer.text, others) == ("helpful", verdict(False), [])


def test_an_edited_judge_asks_anew_and_only_the_judge(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS)
        run(workspace)
        edited = JUDGE.replace("is helpful", "helps the customer")
        (tmp_path / "judges" / "helpful.prompty").write_text(edited)
        again = run(workspace)
        assert (again.calls, again.judge_calls) == (0, 6)


def test_equal_answers_are_judged_once_also_in_a_fresh_run(tmp_path: Path) -> None:
    judge = JUDGE.replace("  - {name: question, kind: string, required: true}\n", "")
    judge = judge.replace("Question: {{ question }}\n", "")
    with judged_server(answer=lambda _: "good") as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, judge=judge)
        summary = run(workspace, fresh=True)
        assert (summary.calls, summary.judge_calls) == (6, 1)
        assert len(judge_calls(server)) == 1


def test_an_unreadable_verdict_is_asked_for_once_more_and_then_missing(tmp_path: Path) -> None:
    seen: dict[str, int] = {}

    def judge(texts: dict[str, str]) -> str:
        seen[texts["answer"]] = seen.get(texts["answer"], 0) + 1
        broken = "0" in texts["answer"] or ("1" in texts["answer"] and seen[texts["answer"]] == 1)
        return "I would say: pass" if broken else verdict(True)

    with judged_server(judge) as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED)
        summary = run(workspace)
        assert summary.status is RunStatus.COMPLETE
        assert (summary.scored, summary.score, summary.judge_calls) == (5, 1.0, 8)
        assert scores(workspace, summary)[0] is None
        with Session(workspace) as session:
            assert len(session.store.judgements(summary.run_id, "c0", 0)) == 2


def test_a_question_that_the_endpoint_of_the_judge_refuses_is_missing(tmp_path: Path) -> None:
    def judge(texts: dict[str, str]) -> str | Reply:
        if texts["answer"].endswith("2"):
            return Reply(status=400, body={"error": {"message": "no", "code": "bad"}})
        return verdict(True)

    with judged_server(judge) as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED)
        assert scores(workspace, run(workspace)) == [1.0, 1.0, None, 1.0, 1.0, 1.0]


def test_a_wrong_key_of_a_judge_ends_the_run_and_keeps_the_answers(tmp_path: Path) -> None:
    wrong = [True]

    def judge(_texts: dict[str, str]) -> str | Reply:
        return (
            Reply(status=401, body={"error": {"message": "no key"}}) if wrong[0] else verdict(True)
        )

    with judged_server(judge) as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=REQUIRED)
        first = run(workspace)
        assert first.status is RunStatus.INCOMPLETE
        assert "the judge helpful" in first.reason
        asked = server.calls - len(judge_calls(server))
        wrong[0] = False
        with Session(workspace) as session:
            again = running.resume(session, first.run_id).wait(60)
        assert (again.status, again.scored, again.score) == (RunStatus.COMPLETE, 6, 1.0)
        assert server.calls - len(judge_calls(server)) == 6
        assert 1 <= asked <= 6


def test_judges_spend_the_budget_of_the_run(tmp_path: Path) -> None:
    def costs(texts: dict[str, str]) -> Reply:
        return Reply(verdict(bool(texts)), prompt_tokens=300, completion_tokens=10)

    with judged_server(costs) as server:
        workspace = make_workspace(
            tmp_path, server.base_url, QUESTIONS, prices=PRICES + JUDGE_PRICE
        )
        summary = run(workspace, budget=0.0016)
        assert summary.status is RunStatus.INCOMPLETE
        assert "budget" in summary.reason
        assert summary.cost_usd is not None and summary.judge_cost_usd is not None
        assert 0 < summary.cost_usd + summary.judge_cost_usd <= 0.0016
        with Session(workspace) as session:
            again = running.start(
                session,
                running.make_spec(resolve(session, "qa"), workspace.suite("qa"), budget_usd=1.0),
            ).wait(60)
        assert again.status is RunStatus.COMPLETE


def test_a_budget_needs_the_price_of_the_judge(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, prices=PRICES)
        summary = run(workspace, budget=1.0)
        assert "the judge helpful" in summary.reason
        assert server.calls == 0


def test_a_judge_after_another_scorer_is_asked_only_where_that_one_passes(tmp_path: Path) -> None:
    suite = SUITE.replace("max_chars: {limit: 1000}", "contains: {text: good}").replace(
        "name: helpful", "name: helpful, after: contains"
    )
    with judged_server(answer=lambda q: "bad" if q.endswith(("1", "2")) else "good") as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS, suite=suite)
        summary = run(workspace)
        assert {marked_texts(body["messages"])["question"][-1] for body in judge_calls(server)} == {
            "0",
            "3",
            "4",
            "5",
        }
        with Session(workspace) as session:
            results = session.store.results(summary.run_id)
        assert sum(result.scores["helpful"].skipped for result in results) == 2


def test_a_judge_is_asked_by_the_schema_of_its_verdict(tmp_path: Path) -> None:
    with judged_server() as server:
        run(make_workspace(tmp_path, server.base_url, QUESTIONS[:1]))
        schema = judge_calls(server)[0]["response_format"]["json_schema"]
        assert schema["strict"] is True
        assert list(schema["schema"]["properties"]) == ["reason", "verdict"]
        assert schema["schema"]["properties"]["verdict"]["enum"] == ["pass", "fail", "unsure"]


def test_forgetting_a_case_erases_what_judges_said_about_it(tmp_path: Path) -> None:
    with judged_server(lambda texts: verdict(True, f"it says {texts['answer']}")) as server:
        workspace = make_workspace(tmp_path, server.base_url, ["my secret plan", "another thing"])
        summary = run(workspace)
        with Session(workspace) as session:
            forget(session, find_case(session, "c0"), "asked to")
        assert b"secret plan" not in (tmp_path / ".workbench" / "runs.db").read_bytes()
        with Session(workspace) as session:
            kept = session.store.judgements(summary.run_id, "c1", 0)[0][1]
            assert json.loads(kept.text)["reason"] == "it says good another thing"


def test_a_batch_makes_no_calls_of_judges(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS)
        with Session(workspace) as session:
            spec = running.make_spec(resolve(session, "qa"), workspace.suite("qa"))
            with pytest.raises(UsageError, match="judge helpful"):
                running.submit(session, spec)


def test_an_estimate_counts_the_calls_of_judges(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(
            tmp_path, server.base_url, QUESTIONS, prices=PRICES + JUDGE_PRICE
        )
        with Session(workspace) as session:
            spec = running.make_spec(resolve(session, "qa"), workspace.suite("qa"))
            before = running.estimate(session, spec)
            assert (before.calls, before.judge_calls) == (6, 6)
            assert (
                before.usd and before.judge_usd and before.all_usd == before.usd + before.judge_usd
            )
        run(workspace)
        with Session(workspace) as session:
            after = running.estimate(session, spec)
            assert (after.calls, after.judge_calls, after.all_usd) == (0, 0, 0.0)


def test_rescoring_takes_what_judges_said_and_asks_nobody(tmp_path: Path) -> None:
    with judged_server() as server:
        workspace = make_workspace(tmp_path, server.base_url, QUESTIONS)
        summary = run(workspace)
        asked = server.calls
        with Session(workspace) as session:
            changes = rescore(session, summary.run_id).runs[0].scorers
        assert {each.name: (each.after, each.missing) for each in changes}["helpful"] == (1.0, 0)
        edited = JUDGE.replace("is helpful", "is kind")
        (tmp_path / "judges" / "helpful.prompty").write_text(edited)
        with Session(workspace) as session:
            changes = rescore(session, summary.run_id).runs[0].scorers
        assert {each.name: (each.after, each.missing) for each in changes}["helpful"] == (None, 6)
        assert server.calls == asked
