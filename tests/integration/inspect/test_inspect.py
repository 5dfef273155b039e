"""Logs that the real inspect writes are imported: its prompts, answers, errors and scores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.support.openai_server import OpenAIServer

pytest.importorskip("inspect_ai")

TASK = """
import sys
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import get_model
from inspect_ai.scorer import exact, includes, match
from inspect_ai.solver import generate, prompt_template, system_message

url, model, kind = sys.argv[1:]
samples = [
    Sample(input=f"{word} number {number} {{{{ odd }}}}", target=target, id=f"{target}-{number}")
    for number in range(10)
    for word, target in (("paid", "billing"), ("late", ["delivery", "shipping"]))
    for target in ([target] if isinstance(target, str) else target[:1])
]
task = Task(
    name="triage",
    dataset=[*samples, Sample(input="refuse", target="none", id="refused")],
    solver=[
        system_message("Answer with one queue."),
        prompt_template("Ticket: {prompt}\\nQueue:"),
        generate(temperature=0.0, max_tokens=8),
    ],
    scorer=[match(), includes(), exact()],
    fail_on_error=False,
)
asked = get_model(f"openai/{model}", base_url=url, api_key="k", responses_api=False)
(log,) = eval(task, model=asked, log_dir=".", log_format=kind, display="none", max_retries=0)
print(log.location)
"""


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """The new model answers every third late ticket wrongly."""
    text = messages[-1]["content"]
    if "paid" in text:
        return "Billing."
    number = int(next((word for word in text.split() if word.isdigit()), "1"))
    if options.get("model") == "new" and number % 3 == 0:
        return "no idea"
    return "the delivery" if "late" in text else "none"


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


def written(folder: Path, url: str, model: str, kind: str) -> Path:
    """A log of that kind."""
    command = [sys.executable, "-c", TASK, url, model, kind]
    environ = {**os.environ, "XDG_DATA_HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.split()[-1])


@pytest.mark.parametrize("kind", ["eval", "json"])
def test_two_logs_become_runs_that_are_compared_without_a_call(
    server: OpenAIServer, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    cli = Cli(tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    runs = []
    for model in ("old", "new"):
        log = written(tmp_path, server.base_url, model, kind)
        brought = cli.here("import", str(log), "--json")
        assert brought.code == 0, brought.err
        (run,) = brought.json["runs"]
        assert (run["answers"], run["errors"], run["model"]) == (21, 0, model)
        again = cli.here("import", str(log), "--json")
        assert not again.json["runs"][0]["new"]
        runs.append(run["run_id"])
    draft = (tmp_path / "prompts" / "triage.prompty").read_text()
    assert "Ticket: {{ input }}" in draft and "maxOutputTokens: 8" in draft
    text = (tmp_path / "evals/triage/cases.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert rows[0]["inputs"]["input"].endswith("{{ odd }}")
    compared = cli.here("compare", *runs, "--json")
    assert compared.code in (0, 1, 3), compared.err
    assert compared.json["broke"] == 4 and compared.json["missing"] == 0
    seen = cli.here("runs", runs[0], "--json").json
    assert seen["calls"] == 0 and "imported from inspect" in seen["notes"][0]
