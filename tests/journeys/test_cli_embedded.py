"""The command line's main job on the embedded model: real answers, a handful of cases."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.actions.workspace.init import sample_steps, samples_folder

CASES = 12
"""Of the gate; few, because every case is a real call of a model on a shared machine."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sample workspace with a few of its cases and a gate that few cases can decide."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    root = tmp_path / "workspace"
    workbench(tmp_path, "init", str(root), "--sample", "support_triage")
    folder = root / "evals" / "support_triage"
    lines = (samples_folder() / "support_triage" / "cases.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines if line.strip()]
    chosen = [row for row in rows if row["split"] == "gate"][:CASES]
    chosen += [row for row in rows if row["split"] == "dev"][:4]
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, chosen)))
    few = f"threshold: 0.30\n  min_cases: {CASES}"
    suite = re.sub(r"threshold: [0-9.]+", few, (folder / "suite.yaml").read_text())
    (folder / "suite.yaml").write_text(suite.replace("baseline: production", "baseline: none"))
    return root


def workbench(folder: Path, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "workbench", *arguments, "--json"],
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    output: dict[str, Any] = json.loads(done.stdout)
    return output


@pytest.mark.exhaustive
def test_the_gate_refuses_a_plain_instruction_and_lets_examples_through(root: Path) -> None:
    draft = root / "prompts" / "support_triage.prompty"
    first = workbench(root, "run", "support_triage")
    assert (first["status"], first["scored"], first["errors"]) == ("complete", 4, 0)
    workbench(root, "register", "support_triage", "-d", "a plain instruction")
    refused = workbench(root, "evaluate", "support_triage@1.0.0", code=1)
    assert refused["gate"] == "fail"
    workbench(root, "deploy", "support_triage@1.0.0", "staging", code=5)

    draft.write_bytes(sample_steps("support_triage")[1].read_bytes())
    workbench(root, "register", "support_triage", "-d", "examples")
    passed = workbench(root, "evaluate", "support_triage@1.0.1")
    assert passed["score"] > refused["score"]
    workbench(root, "deploy", "support_triage@1.0.1", "staging")
    workbench(root, "deploy", "support_triage@1.0.1", "production")
    assert workbench(root, "get", "support_triage")["version"] == "1.0.1"

    again = workbench(root, "run", "support_triage", "--split", "gate", "--yes")
    assert (again["calls"], again["cached"]) == (0, CASES)
    assert workbench(root, "verify")["ok"]


@pytest.mark.exhaustive
def test_a_conversation_is_answered_by_what_was_said_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    root = tmp_path / "workspace"
    workbench(tmp_path, "init", str(root), "--sample", "order_colour")
    draft = sample_steps("order_colour")[-1]
    (root / "prompts" / "order_colour.prompty").write_text(draft.read_text("utf-8"), "utf-8")
    done = workbench(root, "run", "order_colour", "--limit", "4")
    assert (done["status"], done["scored"]) == ("complete", 4)
    assert done["score"] >= 0.5
