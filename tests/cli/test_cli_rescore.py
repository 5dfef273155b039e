"""Stored answers judged by other scorers: which decisions would flip, without a call."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tests.cli.conftest import Cli
from tests.support.openai_server import OpenAIServer
from workbench.actions.session import Session
from workbench.tui.deploys.queries import read_live
from workbench.workspace import open_workspace

SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [%s]
gate: {threshold: 0.5, margin: 0.1}
run: {concurrency: 8}
"""
STRICT = "one_of: {labels: [billing]}"
LENIENT = "one_of: {labels: [billing, sales]}"


def suite(cli: Cli, scorers: str) -> None:
    (cli.root / "evals/triage/suite.yaml").write_text(SUITE % scorers)


def two_versions(cli: Cli, scorers: str) -> tuple[str, str]:
    """1.0.0 is right in 5 of 10 cases and live, 1.0.1 in 2 and fails; the ids of the runs."""
    suite(cli, scorers)
    cli.here("register", "triage", "-d", "first")
    first = cli.here("evaluate", "triage@1.0.0", "--json")
    assert first.code == 0
    for environment in ("staging", "production"):
        assert cli.here("deploy", "triage@1.0.0", environment).code == 0
    cli.say("worse")
    cli.here("register", "triage", "-d", "worse")
    second = cli.here("evaluate", "triage@1.0.1", "--full", "--json")
    assert second.code == 1
    return first.json["run_b"], second.json["run_b"]


def test_a_lenient_scorer_flips_a_failed_decision_and_nothing_recorded_changes(
    fresh_cli: Cli, server: OpenAIServer
) -> None:
    cli = fresh_cli
    first, second = two_versions(cli, STRICT)
    asked = server.calls
    before = cli.here("runs", second, "--json").json
    assert cli.here("rescore", "--suite", "triage").code == 0, "the same scorers: all stand"

    suite(cli, LENIENT)
    done = cli.here("rescore", "--suite", "triage", "--json")
    assert done.code == 1 and server.calls == asked
    assert (done.json["calls"], done.json["flips"], done.json["stale"]) == (0, 1, 2)
    newest, oldest = done.json["decisions"]
    assert (newest["gate"], newest["now"], newest["flips"]) == ("fail", "pass", True)
    assert (oldest["gate"], oldest["now"], oldest["flips"]) == ("pass", "pass", False)
    assert newest["stale"] and "scorers" in newest["changed"]
    runs = {run["run_id"]: run["scorers"][0] for run in done.json["runs"]}
    assert (runs[second]["before"], runs[second]["after"]) == (0.2, 1.0)
    assert runs[second]["changed"] == 80 and runs.keys() == {first, second}
    assert "1 decision would flip; no call was made" in cli.here("rescore", second).out
    after = cli.here("runs", second, "--json").json
    assert after.pop("rescored")["scores"] == {"one_of": 1.0}
    assert {**before, "rescored": None} == {**after, "rescored": None}
    assert "judged anew" in cli.here("runs", second).out
    assert cli.here("verify").code == 0
    with closing(sqlite3.connect(cli.root / ".workbench/runs.db")) as connection:
        sql = "SELECT before, after, why FROM rescored_decisions WHERE before <> after"
        assert set(connection.execute(sql)) == {("fail", "pass", "scorers")}
        assert connection.execute("SELECT count(*) FROM rescored_results").fetchone()[0] > 200


@pytest.mark.exhaustive
def test_a_corrected_label_judges_stored_answers_anew_and_another_question_does_not(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    two_versions(cli, "exact_match")
    path = cli.root / "evals/triage/cases.jsonl"
    text = path.read_text()
    path.write_text(text.replace('"billing"', '"sales"'))
    done = cli.here("rescore", "--suite", "triage", "--json").json
    assert {run["scorers"][0]["after"] for run in done["runs"]} == {0.5, 0.8}
    path.write_text(text.replace('"case ', '"another ').replace('"billing"', '"sales"'))
    done = cli.here("rescore", "--suite", "triage", "--json").json
    assert {run["scorers"][0]["after"] for run in done["runs"]} == {0.5, 0.2}, "as it was"


@pytest.mark.exhaustive
def test_answers_that_are_not_here_leave_a_decision_without_a_word(fresh_cli: Cli) -> None:
    cli = fresh_cli
    two_versions(cli, "exact_match")
    for file in (cli.root / ".workbench").glob("runs.db*"):
        file.unlink()
    done = cli.here("rescore", "--suite", "triage", "--json")
    assert done.code == 4
    assert all("not in this runs.db" in one["reason"] for one in done.json["decisions"])
    assert cli.here("rescore", "20260101-nothing").code == 2
    assert cli.here("rescore").code == 2


def test_a_live_version_whose_decision_would_flip_is_named_wherever_it_is_looked_for(
    fresh_cli: Cli,
) -> None:
    cli = fresh_cli
    first, _ = two_versions(cli, STRICT)
    suite(cli, "one_of: {labels: [neither]}")
    assert cli.here("rescore", first).code == 1
    words = "by the suite triage of today its gate would fail"
    assert words in cli.here("lineage", "triage@1.0.0").out
    checks = [c for c in cli.here("doctor", "--json").json["checks"] if c["name"] == "rescore"]
    assert checks and all(words in check["said"] for check in checks)
    with Session(open_workspace(cli.root)) as session:
        rows = read_live(session, session.registry.prompts())
    (status,) = [row.status for row in rows if row.environment == "production"]
    assert status and words in status.reason and not status.tested
    suite(cli, "one_of: {labels: [other]}")
    assert words not in cli.here("lineage", "triage@1.0.0").out, "it was found by another suite"


def test_stored_answers_that_were_altered_are_not_judged(fresh_cli: Cli) -> None:
    cli = fresh_cli
    first, second = two_versions(cli, STRICT)
    with closing(sqlite3.connect(cli.root / ".workbench/runs.db")) as connection, connection:
        connection.execute(
            "UPDATE answers SET text = 'billing' WHERE id = (SELECT max(answer) FROM results"
            " JOIN runs ON runs.id = run WHERE run_id = ?)",
            [second],
        )
    done = cli.here("rescore", "--suite", "triage", "--json")
    assert done.code == 4
    newest, oldest = done.json["decisions"]
    assert newest["now"] is None and "1 stored answer of its run" in newest["reason"]
    assert oldest["now"] == "pass"
    runs = {run["run_id"]: run for run in done.json["runs"]}
    assert (runs[first]["altered"], runs[second]["altered"]) == (0, 1)
    assert runs[second]["scorers"][0]["missing"] == 1
