"""What a run tells beside its figures."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import make_cli
from tests.support.openai_server import OpenAIServer, Reply


def test_a_run_says_what_was_made_up_what_is_unused_and_who_answered(
    tmp_path: Path,
) -> None:
    numbers = itertools.count()

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        return Reply("billing", model=f"mock-{next(numbers) % 2}")

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        rows = [{"ticket": f"case {n}", "expected": "billing", "colour": "red"} for n in range(4)]
        del rows[0]["expected"]
        cases = cli.root / "evals" / "triage" / "cases.jsonl"
        cases.write_text("\n".join(map(json.dumps, rows)))
        told = cli.here("run", "triage", "--split", "all")
        report = cli.here("run", "triage", "--split", "all", "--json").json
    notes = [
        "4 cases had no id: made from their content",
        "the column 'colour' is used by no template",
        "1 of 4 cases have no expected, which exact_match needs",
        "mixed: 2 models answered: mock-0, mock-1",
    ]
    assert report["notes"] == notes
    assert [line for line in told.out.splitlines() if line.startswith("note: ")] == [
        f"note: {note}" for note in notes
    ]


def test_what_a_scorer_needs_and_no_case_has_is_refused_before_any_call(
    tmp_path: Path,
) -> None:
    with OpenAIServer() as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        cases = cli.root / "evals" / "triage" / "cases.jsonl"
        cases.write_text('{"id": "1", "inputs": {"ticket": "case 1"}, "want": "billing"}\n')
        refused = cli.here("run", "triage", "--split", "all")
        assert server.calls == 0
    assert refused.code == 2
    assert "cases.jsonl: no case has expected, which the scorer exact_match needs" in refused.err


@pytest.mark.exhaustive
def test_one_run_says_all_that_it_was_made_with(tmp_path: Path) -> None:
    with OpenAIServer(model="mock-2026\x1b[31m") as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        (cli.root / ".git").mkdir()
        (cli.root / ".git" / "HEAD").write_text("0123abcd" * 5)
        made = cli.here("run", "triage", "--split", "all", "--json").json
        told = cli.here("runs", made["run_id"])
        report = cli.here("runs", made["run_id"], "--json").json
        listed = cli.here("runs", "triage", "--json").json["runs"]
    shown = {line.split("  ")[0]: line.rpartition("  ")[2] for line in told.out.splitlines()}
    assert shown["commit"] == "0123abcd" * 5
    assert shown["endpoint"] == server.base_url
    assert "httpx2 " in shown["versions"]
    assert "\x1b" not in told.out
    assert report["environment"]["commit"] == shown["commit"]
    assert {"cases", "dataset", "scorers"} <= report["suite_parts"].keys()
    assert [run["run_id"] for run in listed] == [made["run_id"]]


def test_a_run_and_an_evaluation_count_empty_answers_as_wrong_and_say_how_many(
    tmp_path: Path,
) -> None:
    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
        number = int(messages[-1]["content"].split()[-1])
        contents = {3: None, 5: "", 7: " \n"}
        message = {"role": "assistant", "content": contents.get(number, "short")}
        return Reply("short", message=message)

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        suite = cli.root / "evals" / "triage" / "suite.yaml"
        kind = "[{max_chars: {limit: 9}}]"
        suite.write_text(suite.read_text().replace("[exact_match]", kind))
        rows = [{"id": f"c{n}", "inputs": {"ticket": f"case {n}"}} for n in range(10)]
        (suite.parent / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)))
        run = cli.here("run", "triage", "--split", "all", "--yes", "--json").json
        cli.here("register", "triage", "-d", "first")
        evaluated = cli.here("evaluate", "triage@1.0.0", "--yes")
        again = cli.here("run", "triage", "--split", "all", "--yes", "--json").json
    assert (run["score"], run["outcomes"]) == (0.7, {"ok": 7, "empty": 3})
    assert "3 answers were empty" in run["notes"]
    assert "3 answers were empty" in evaluated.out
    assert evaluated.code != 0
    assert (again["score"], again["calls"]) == (0.7, 0), "the stored answers say the same"
    assert "3 answers were empty" in again["notes"]
