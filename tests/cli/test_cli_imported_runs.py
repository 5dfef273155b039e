"""Answers of other tools become stored runs: compared without a call, and never evidence."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support.inspect_logs import log, sample, write_json
from workbench.actions.session import Session
from workbench.workspace import open_workspace

SETTINGS = '[workspace]\nauthor = "ana"\n\n[providers.p]\nbase_url = "http://127.0.0.1:9/v1"\n'
COUNT = 30


@pytest.fixture
def moved(tmp_path: Path) -> Iterator[Cli]:
    """A workspace whose provider is not there: whatever makes a call fails."""
    root = tmp_path / "moved"
    root.mkdir()
    (root / "workbench.toml").write_text(SETTINGS)
    yield Cli(root, {"XDG_CONFIG_HOME": str(tmp_path / "config")})


def logged(model: str, wrong: int) -> dict[str, Any]:
    """30 samples, of which the last few are answered wrongly."""
    answers = ["tech"] * (COUNT - wrong) + ["no idea"] * wrong
    samples = [sample(f"c{n:02}", text, "tech") for n, text in enumerate(answers)]
    return log(samples, f"openai/{model}")


def stored(cli: Cli) -> list[dict[str, Any]]:
    runs: list[dict[str, Any]] = cli.here("runs", "--json").json["runs"]
    return runs


def test_two_imported_models_are_compared_without_a_call(moved: Cli) -> None:
    for name, wrong in (("old", 3), ("new", 12)):
        write_json(moved.root / f"{name}.json", logged(name, wrong))
        brought = moved.here("import", f"{name}.json", "--json")
        assert brought.code == 0, brought.err
        assert [run["answers"] for run in brought.json["runs"]] == [COUNT]
    compared = moved.here("compare", "triage", "--model", "old,new", "--json")
    assert (compared.code, compared.json["verdict"]) == (1, "worse"), compared.err
    assert compared.json["broke"] == 9
    assert "imported from inspect" in " ".join(compared.json["notes"])
    told = {one["name"]: one["verdict"] for one in compared.json["informative"]}
    assert told == {"cost": "undecided", "latency_p95": "undecided"}
    assert all(run["calls"] == 0 for run in stored(moved))
    by_run = moved.here("compare", *[run["run_id"] for run in stored(moved)][::-1], "--json")
    assert (by_run.code, by_run.json["broke"]) == (1, 9), by_run.err
    resumed = moved.here("run", "--resume", stored(moved)[0]["run_id"])
    assert resumed.code == 2 and "was imported" in resumed.err


def test_importing_again_doubles_nothing(moved: Cli) -> None:
    write_json(moved.root / "old.json", logged("old", 3))
    first = moved.here("import", "old.json", "--json").json
    again = moved.here("import", "old.json", "--json").json
    assert first["runs"][0]["new"] and not again["runs"][0]["new"]
    assert again["drafts"] == again["suites"] == [] and len(again["unchanged"]) == 2
    assert len(stored(moved)) == 1


def test_a_dry_run_makes_nothing(moved: Cli) -> None:
    write_json(moved.root / "old.json", logged("old", 3))
    shown = moved.here("import", "old.json", "--dry-run")
    assert "would store a run of 30 answers" in shown.out
    assert sorted(path.name for path in moved.root.iterdir()) == ["old.json", "workbench.toml"]


def test_after_an_edit_of_the_suite_the_answers_are_scored_anew(moved: Cli) -> None:
    for name, wrong in (("old", 3), ("new", 12)):
        write_json(moved.root / f"{name}.json", logged(name, wrong))
        moved.here("import", f"{name}.json")
    suite = moved.root / "evals" / "triage" / "suite.yaml"
    suite.write_text(
        suite.read_text().replace("- contains:", "- max_chars: {limit: 5}\n- contains:")
    )
    compared = moved.here("compare", "triage", "--model", "old,new", "--json")
    assert compared.json["scorer"] == "max_chars" and compared.json["broke"] == 9, compared.err
    write_json(moved.root / "old.json", logged("old", 3))
    assert not moved.here("import", "old.json", "--json").json["runs"][0]["new"]
    kept = len(stored(moved))
    moved.here("compare", "triage", "--model", "old,new")
    assert len(stored(moved)) == kept == 4


def test_a_gate_takes_no_imported_answer(moved: Cli) -> None:
    write_json(moved.root / "old.json", logged("old", 3))
    moved.here("import", "old.json")
    with Session(open_workspace(moved.root)) as session:
        (run,) = session.store.summaries()
        cases = [case.id for case in session.store.cases(run.run_id)]
        assert session.store.find(run.fingerprint, run.suite_parts, cases) is None
        answers = session.store.database.execute("SELECT count(*), count(key) FROM answers")
        assert answers.fetchone() == (COUNT, 0)
    refused = moved.here("run", "triage", "--json")
    assert refused.json["cached"] == 0 and refused.code == 4


def test_an_import_that_was_killed_is_completed(moved: Cli) -> None:
    write_json(moved.root / "old.json", logged("old", 3))
    script = """
import os, sys
from workbench.cli import main
from workbench.runs.imported import storing
record = storing.RunWriter.record
def dies(self, *given):
    record(self, *given)
    os._exit(9)
storing.RunWriter.record, storing.BATCH = dies, 7
main.run(sys.argv[1:])
"""
    command = [sys.executable, "-c", script, "import", "old.json"]
    assert subprocess.run(command, cwd=moved.root, env=moved.environ, check=False).returncode == 9
    with Session(open_workspace(moved.root)) as session:
        (run,) = session.store.summaries()
        assert len(session.store.results(run.run_id)) == 7
    again = moved.here("import", "old.json", "--json").json["runs"]
    assert [(one["run_id"], one["new"]) for one in again] == [(run.run_id, True)]
    (whole,) = stored(moved)
    assert (whole["status"], whole["scored"]) == ("complete", COUNT)


def test_results_of_openai_evals_are_compared_by_their_own_graders(moved: Cli) -> None:
    rows = [
        {
            "run_id": run,
            "data_source_idx": number,
            "item": {"q": f"question {number}"},
            "sample": {"outputs": [{"role": "assistant", "content": "x"}], "error": None},
            "grades": {"nice": 5.0},
            "passes": {"nice": number >= wrong},
        }
        for run, wrong in (("run_a", 2), ("run_b", 15))
        for number in range(COUNT)
    ]
    rows[3]["sample"] = {"error": {"message": "overloaded"}}
    text = "".join(f"{json.dumps(row)}\n" for row in rows)
    (moved.root / "results.jsonl").write_text(text)
    brought = moved.here("import", "results.jsonl", "--json").json["runs"]
    assert [(run["answers"], run["errors"]) for run in brought] == [(30, 1), (30, 0)]
    ids = [run["run_id"] for run in brought]
    compared = moved.here("compare", *ids, "--json")
    assert compared.json["broke"] == 12, compared.err
    assert compared.json["missing_ids"] == ["item-3"]
