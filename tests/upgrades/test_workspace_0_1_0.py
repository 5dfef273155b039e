"""A workspace, a registry and runs that 0.1.0 made: opened, migrated, verified, evidence kept."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.upgrades.make_workspace import COMPARE, COMPARED, EXPECTED
from tests.upgrades.observe import observe
from workbench.errors import WorkbenchError
from workbench.registry import PromptRegistry
from workbench.runs.store.store import RunStore
from workbench.times import utc_now
from workbench.workspace import Workspace, open_workspace

HERE = Path(__file__).parent
NOW_STALE: dict[str, str] = {
    "flags@1.0.0": "reading of cells changed since it passed",
    "blank_expected@1.0.0": "reading of expected answers changed since it passed",
}
"""What was tested and reads otherwise now, with what the reason must name."""

NOW_REFUSED: dict[str, str] = {}
"""Drafts that were taken and mean nothing certain, with what the refusal must name."""


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    with zipfile.ZipFile(HERE / "workspace-0.1.0.zip") as archive:
        content: dict[str, Any] = json.loads(archive.read(EXPECTED))
        return content


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    with zipfile.ZipFile(HERE / "workspace-0.1.0.zip") as archive:
        content: dict[str, Any] = json.loads(archive.read(COMPARED))
        return content


def unpacked(folder: Path) -> Path:
    with zipfile.ZipFile(HERE / "workspace-0.1.0.zip") as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Any]]:
    """The workspace after this program has worked in it, and what it then says."""
    root = unpacked(tmp_path_factory.mktemp("workspace"))
    yield open_workspace(root), json.loads(json.dumps(observe(root)))


def workbench(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments, "--workspace", str(root)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_registry_verifies_and_its_ledger_goes_on_from_the_old_head(
    migrated: tuple[Workspace, Any], expected: dict[str, Any]
) -> None:
    workspace, observed = migrated
    assert observed["verified"]
    with PromptRegistry(workspace.registry_path) as registry:
        report = registry.verify(head=expected["head"])
    assert (report.ok, report.findings) == (True, ())
    assert observed["history"][: len(expected["history"])] == expected["history"]


def test_every_version_is_what_was_registered(
    migrated: tuple[Workspace, Any], expected: dict[str, Any]
) -> None:
    for ref, before in expected["versions"].items():
        after = dict(migrated[1]["versions"][ref])
        after.pop("states")
        assert after == {key: value for key, value in before.items() if key != "states"}, ref


def test_what_was_tested_stays_tested_unless_it_reads_otherwise_now(
    migrated: tuple[Workspace, Any], expected: dict[str, Any]
) -> None:
    for ref, before in expected["versions"].items():
        for environment, state in before["states"].items():
            after = migrated[1]["versions"][ref]["states"][environment]
            if ref in NOW_STALE:
                assert after[0] == "stale", (ref, after)
                assert NOW_STALE[ref] in after[1]
            else:
                assert after == state, (ref, environment)


def test_apps_read_and_render_what_they_did(
    migrated: tuple[Workspace, Any], expected: dict[str, Any]
) -> None:
    assert migrated[1]["live"] == expected["live"]


def test_stored_runs_keep_their_answers_and_scores(
    migrated: tuple[Workspace, Any], expected: dict[str, Any]
) -> None:
    for run_id, run in expected["runs"].items():
        assert migrated[1]["runs"][run_id] == run


def test_every_draft_is_read_as_before_or_refused_with_its_name(tmp_path: Path) -> None:
    workspace = open_workspace(unpacked(tmp_path))
    for path in workspace.draft_paths():
        name = path.stem
        try:
            workspace.draft(path)
        except WorkbenchError as error:
            assert name in NOW_REFUSED, (name, error)
            assert NOW_REFUSED[name] in f"{error} {error.hint}"
        else:
            assert name not in NOW_REFUSED, name


def test_stored_answers_and_cached_ones_are_used_without_a_call(
    tmp_path: Path, compared: dict[str, Any]
) -> None:
    root = unpacked(tmp_path)
    assert workbench(root, "trust").returncode == 0
    again_at = utc_now()
    again = json.loads(workbench(root, "run", "triage", "--json").stdout)
    assert (again["status"], again["calls"], again["cached"]) == ("complete", 0, again["cases"])

    with RunStore(root / ".workbench" / "runs.db") as store:
        assert not any(store.altered(run.run_id) for run in store.summaries())
        first = min(run.created_at for run in store.summaries("triage"))
        dates = [result.answer.answered_at for result in store.results(again["run_id"])]
    assert all(first <= date < again_at for date in dates), "as old as the run that asked for them"

    report = json.loads(workbench(root, *COMPARE).stdout)
    keys = ("verdict", "gate", "difference", "low", "high", "fixed_ids", "run_a", "run_b")
    assert {key: report[key] for key in keys} == {key: compared[key] for key in keys}


def test_an_app_of_that_release_still_reads_the_migrated_registry(
    migrated: tuple[Workspace, Any], tmp_path: Path
) -> None:
    code = """
import sys
from workbench import PromptRegistry
prompt = PromptRegistry(sys.argv[1]).get_active("triage", "production")
assert "reader-0.1.0.zip" in sys.modules["workbench"].__file__
print(prompt.version, prompt.source)
"""
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(migrated[0].registry_path)],
        env={**os.environ, "PYTHONPATH": str(HERE / "reader-0.1.0.zip")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("1.0.1 registry", "")


def test_the_answers_that_it_kept_on_disk_serve_an_app_without_the_registry(
    tmp_path: Path,
) -> None:
    path = unpacked(tmp_path) / ".workbench" / "registry.db"
    path.unlink()
    with PromptRegistry(path) as registry:
        prompt = registry.get_active("triage", "production")
    assert (prompt.version, prompt.source) == ("1.0.1", "snapshot")


def test_the_archive_holds_what_it_is_kept_for(expected: dict[str, Any], tmp_path: Path) -> None:
    states = {s[0] for v in expected["versions"].values() for s in v["states"].values()}
    assert {"tested", "stale", "failing", "revoked", "untested"} <= states
    actions = {entry[0] for entry in expected["history"]}
    assert {"deploy", "rollback", "retire", "revoke", "approve"} <= actions
    database = sqlite3.connect(unpacked(tmp_path) / ".workbench" / "registry.db")
    assert database.execute("SELECT max(override) FROM deployments").fetchone() == (1,)
    assert database.execute("PRAGMA user_version").fetchone() == (2,)
    database.close()
