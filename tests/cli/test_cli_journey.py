"""The main job on the command line: what scripts may rely on, in the order in which it happens."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.cli.conftest import Cli, Done
from tests.support.openai_server import OpenAIServer

RUN_KEYS = {
    "run_id",
    "status",
    "prompt_id",
    "fingerprint",
    "suite",
    "cases",
    "scored",
    "errors",
    "score",
    "calls",
    "cached",
    "cost_usd",
    "seconds",
}
VERDICT_KEYS = {
    "verdict",
    "gate",
    "difference",
    "low",
    "high",
    "fixed",
    "broke",
    "same",
    "missing",
    "cases",
    "p_value",
    "run_a",
    "run_b",
}
GET_KEYS = {
    "prompt_id",
    "version",
    "environment",
    "content",
    "messages",
    "model",
    "fingerprint",
    "deployed_at",
    "deployed_by",
}


def done(cli: Cli, *arguments: str, code: int = 0) -> Done:
    result = cli(*arguments)
    assert result.code == code, (arguments, result.out, result.err)
    return result


def here(cli: Cli, *arguments: str, code: int = 0) -> Done:
    result = cli.here(*arguments)
    assert result.code == code, (arguments, result.out, result.err)
    return result


def released(cli: Cli, version: str) -> None:
    """Register what the draft says, evaluate it, and bring it to production."""
    ref = f"triage@{version}"
    assert here(cli, "register", "triage", "-d", "next", "--json").json["registered"] == ref
    here(cli, "evaluate", ref)
    here(cli, "deploy", ref, "staging")
    here(cli, "deploy", ref, "production")


def test_the_whole_journey(fresh_cli: Cli, server: OpenAIServer, tmp_path: Path) -> None:
    cli = fresh_cli
    tried = done(cli, "try", "triage", "--case", "c104", "--json").json
    assert (tried["outcome"], tried["text"], tried["expected"]) == ("ok", "billing", "billing")

    run = here(cli, "run", "triage", "--json").json
    assert set(run) >= RUN_KEYS
    assert (run["status"], run["cases"], run["score"], run["calls"]) == ("complete", 20, 0.5, 20)
    asked = server.calls
    again = here(cli, "run", "triage", "--json").json
    assert (again["calls"], again["cached"], again["score"]) == (0, 20, 0.5)
    assert server.calls == asked

    here(cli, "register", "triage", "--description", "a plain instruction")
    refused = here(cli, "evaluate", "triage@1.0.0", "--json", code=1).json
    assert set(refused) >= VERDICT_KEYS
    assert (refused["gate"], refused["score"]) == ("fail", 0.5)
    refusal = here(cli, "deploy", "triage@1.0.0", "staging", code=5)
    assert "below the threshold of 80 %" in refusal.err
    assert refusal.out == ""

    cli.say("better")
    report = here(cli, "compare", "triage@1.0.0", "triage", "--json").json
    assert set(report) >= VERDICT_KEYS
    assert (report["verdict"], report["gate"]) == ("better", "pass")
    assert (report["fixed"], report["broke"], report["same"], report["cases"]) == (8, 0, 12, 20)
    assert report["difference"] == pytest.approx(0.4)
    assert report["low"] < 0.4 < report["high"]

    early = here(cli, "register", "triage", "-d", "examples", "--json").json
    assert (early["version"], early["previous"], early["bump"]) == ("1.0.1", "1.0.0", "patch")
    junit, summary = tmp_path / "gate.xml", tmp_path / "gate.md"
    passed = done(cli, "evaluate", "triage@1.0.1", "--junit", str(junit), "--summary", str(summary))
    assert passed.out.splitlines()[1].startswith("PASS")
    assert ElementTree.parse(junit).getroot().find("testsuite") is not None
    assert "triage" in summary.read_text()
    refusal = here(cli, "deploy", "triage@1.0.1", "production", code=5)
    assert "staging" in refusal.err
    here(cli, "deploy", "triage@1.0.1", "staging")
    live = done(cli, "deploy", "triage@1.0.1", "production", "--reason", "first", "--json").json
    assert (live["version"], live["previous_version"]) == ("1.0.1", None)

    cli.say("best")
    report = here(cli, "compare", "triage@production", "triage", "--json", code=3).json
    assert (report["fixed"], report["gate"]) == (2, "no_decision")
    released(cli, "1.0.2")
    got = done(cli, "get", "triage", "production", "--json").json
    assert set(got) >= GET_KEYS
    assert (got["version"], got["environment"], got["deployed_by"]) == (
        "1.0.2",
        "production",
        "ana",
    )
    assert got["messages"][0] == {"role": "system", "content": "best"}
    assert got["model"] == {"id": "mock", "provider": "mock", "options": {"temperature": 0}}

    preview = here(cli, "rollback", "triage", "production", "--preview", "--json").json
    assert preview["changes"] == ["wording changed"]
    assert preview["cannot_go_back"] == [
        "what answered to mock then: an alias, whose provider may change it",
        "how an app computes its inputs",
    ]
    assert (preview["from_version"], preview["to_version"]) == ("1.0.2", "1.0.1")
    assert here(cli, "get", "triage", "--json").json["version"] == "1.0.2"
    back = here(cli, "rollback", "triage", "production", "--reason", "a complaint", "--json").json
    assert (back["version"], back["action"]) == ("1.0.1", "rollback")
    assert here(cli, "get", "triage", "--json").json["version"] == "1.0.1"
    here(cli, "rollback", "triage", "production", code=5)
    here(cli, "deploy", "triage@1.0.2", "production", code=5)

    entries = here(cli, "log", "triage", "production", "--json").json["entries"]
    assert [entry["action"] for entry in entries] == ["rollback", "deploy", "deploy"]
    assert entries[0]["reason"] == "a complaint"
    lines = here(cli, "blame", "triage", "--json").json["lines"]
    assert {line["line"]: line["version"] for line in lines}["best"] == "1.0.2"
    audit = here(cli, "verify", "--json").json
    assert audit["ok"]
    here(cli, "verify", "--head", audit["head"])
    here(cli, "verify", "--head", "0" * 64, code=5)
    assert len(here(cli, "runs", "--json").json["runs"]) >= 5


def test_a_regression_is_found_refused_and_bisected(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("best")
    released(cli, "1.0.0")
    cli.say("worse")
    path = cli.root / "prompts" / "triage.prompty"
    path.write_text(path.read_text().replace("temperature: 0", "temperature: 1"))
    report = here(cli, "compare", "triage@production", "triage", "--json", code=1).json
    assert (report["verdict"], report["gate"], report["broke"]) == ("worse", "fail", 16)
    bisected = here(cli, "bisect", "triage@production", "triage", "--json").json
    assert bisected["edits"] == 2
    assert [hunk["added"] for hunk in bisected["guilty"]] == [["worse"]]
    diff = here(cli, "diff", "triage@production", "triage", "--json").json
    assert {change["reason"] for change in diff["changes"]} == {
        "wording changed",
        "parameters changed",
    }
    here(cli, "register", "triage", "-d", "worse")
    stopped = here(cli, "evaluate", "triage@1.0.1", "--json", code=1).json
    assert stopped["cases"] < stopped["planned"] == 100


@pytest.mark.exhaustive
def test_changed_cases_make_the_evidence_stale(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("best")
    here(cli, "register", "triage", "-d", "first")
    here(cli, "evaluate", "triage@1.0.0")
    cases = cli.root / "evals" / "triage" / "cases.jsonl"
    before = cases.read_text()
    cases.write_text(before.replace("case 7", "case  7"))
    refusal = here(cli, "deploy", "triage@1.0.0", "staging", code=5)
    assert "cases 100 -> 100 (changed c007 c070 c071 and 8 more)" in refusal.err
    more = {"id": "c200", "inputs": {"ticket": "case 200"}, "expected": "billing", "split": "gate"}
    cases.write_text(f"{before}\n{json.dumps(more)}\n")
    refusal = here(cli, "deploy", "triage@1.0.0", "staging", code=5)
    assert "dataset changed" in refusal.err
    here(cli, "deploy", "triage@1.0.0", "staging", "--override", code=2)
    here(cli, "deploy", "triage@1.0.0", "staging", "--override", "--reason", "an emergency")
    assert "OVERRIDE" in here(cli, "log", "triage", "staging").out


@pytest.mark.exhaustive
def test_a_second_person_approves_and_doctor_tells_of_what_was_revoked(fresh_cli: Cli) -> None:
    cli = fresh_cli
    settings = cli.root / "workbench.toml"
    settings.write_text(settings.read_text() + "\n[environments.staging]\napprovals = 1\n")
    cli.say("best")
    here(cli, "register", "triage", "-d", "first")
    here(cli, "evaluate", "triage@1.0.0")
    here(cli, "deploy", "triage@1.0.0", "staging", code=5)
    here(cli, "approve", "triage@1.0.0", "staging", code=5)
    settings.write_text(settings.read_text().replace('"ana"', '"bo"'))
    here(cli, "approve", "triage@1.0.0", "staging", "--reason", "read it")
    settings.write_text(settings.read_text().replace('"bo"', '"ana"'))
    here(cli, "deploy", "triage@1.0.0", "staging")
    here(cli, "revoke", "triage@1.0.0", "--reason", "leaks")
    assert "revoked" in here(cli, "get", "triage", "staging").err
    assert here(cli, "doctor", code=2).out.count("revoked and still live") == 1
    here(cli, "retire", "triage", "staging", "--reason", "leaks")
    here(cli, "get", "triage", "staging", code=2)


@pytest.mark.exhaustive
def test_revoke_says_where_the_version_is_live_still(fresh_cli: Cli) -> None:
    cli = fresh_cli
    cli.say("best")
    released(cli, "1.0.0")
    told = here(cli, "revoke", "triage@1.0.0", "--reason", "leaks", "--json")
    assert told.json["still_live_in"] == ["production", "staging"]
    assert "still live in production" in told.err
    again = here(cli, "revoke", "triage@1.0.0", "--reason", "leaks", code=5)
    assert "revoked already" in again.err


@pytest.mark.exhaustive
def test_the_other_commands_answer_with_one_object(fresh_cli: Cli, tmp_path: Path) -> None:
    cli = fresh_cli
    cli.say("best")
    released(cli, "1.0.0")
    report = here(cli, "estimate", "triage", "--split", "dev", "--json").json
    assert (report["calls"], report["cached"], report["cases"]) == (20, 0, 20)
    page = tmp_path / "page.html"
    cli.say("better")
    told = here(cli, "report", "triage@production", "triage", "--html", str(page), "--json").json
    assert told["html"] == str(page)
    assert "<script" not in page.read_text()
    assert {row["id"] for row in here(cli, "keys", "--json").json["keys"]} >= {"app.quit"}
    assert here(cli, "doctor", "--json").json["ok"]
    assert here(cli, "trust", "--json").json["providers"].keys() == {"mock"}
    for target, ref in (("sqlite", None), ("json", "triage@1.0.0"), ("prompty", "triage@1.0.0")):
        path = tmp_path / f"out.{target}"
        line = ["export", target, *([ref] if ref else []), "--output", str(path), "--json"]
        assert here(cli, *line).json["bytes"] == path.stat().st_size
    (tmp_path / "out.prompty").rename(tmp_path / "in.prompty")
    made = here(cli, "import", str(tmp_path / "in.prompty"), "--as", "other", "--json").json
    assert made["draft"] == str(cli.root / "prompts" / "other.prompty")
    same = here(cli, "diff", "triage@1.0.0", made["draft"], "--json").json
    assert same["same"]


def test_a_budget_ends_a_run_as_incomplete(fresh_cli: Cli) -> None:
    cli = fresh_cli
    settings = cli.root / "workbench.toml"
    table = "[providers.mock.prices.mock]\ninput = 1000000\noutput = 0\n"
    settings.write_text(f"{settings.read_text()}\n{table}")
    refused = here(cli, "run", "triage", code=2)
    assert "more than $1.00" in refused.err
    capped = here(cli, "run", "triage", "--yes", "--budget", "30", "--json", code=4).json
    assert capped["status"] == "incomplete"
    assert capped["scored"] < 20
    assert capped["cost_usd"] <= 30
