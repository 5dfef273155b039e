"""The sample of summaries from its workspace to its gate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.evals.test_call_notes import ROWS, STEPS
from tests.support.openai_server import OpenAIServer, Reply
from workbench.actions.workspace.init import create_workspace


def summary(messages: list[dict[str, Any]], options: dict[str, Any]) -> Reply:
    """All facts of a note in one line; as many tokens as the prompt has characters."""
    del options
    note = messages[-1]["content"].removeprefix("Note: ").removesuffix("\nLine:")
    facts = next(row["expected"] for row in ROWS if row["inputs"]["note"] == note)
    text = f"{facts['caller']}: the {facts['thing']} {facts['problem']}, {facts['day']}."
    sent = sum(len(message["content"]) for message in messages)
    return Reply(text, prompt_tokens=sent, completion_tokens=9)


def test_it_is_evaluated_by_facts_slice_and_cost_without_being_asked_to_trust_its_code(
    fresh_cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORKBENCH_CONFIG", "HOME"):
        if name in fresh_cli.environ:
            monkeypatch.setenv(name, fresh_cli.environ[name])
    workspace = create_workspace(tmp_path / "notes", "call_notes")
    cli = Cli(workspace.root, fresh_cli.environ)
    with OpenAIServer(summary) as server:
        settings = workspace.root / "workbench.toml"
        table = f'[providers.mock]\nbase_url = "{server.base_url}"\n'
        prices = "prices = {gemma-3-270m = {input = 1.0, output = 1.0}}\n"
        settings.write_text(f"{settings.read_text()}\n{table}{prices}")
        draft = workspace.root / "prompts" / "call_notes.prompty"
        cli.here("trust")
        for version, step in zip(("1.0.0", "1.0.1"), STEPS, strict=True):
            draft.write_text(step.read_text("utf-8").replace("provider: local", "provider: mock"))
            assert cli.here("register", "call_notes", "-d", step.stem).code == 0
            done = cli.here("evaluate", f"call_notes@{version}", "--full", "--yes", "--json")
            if version == "1.0.0":
                assert (done.code, done.json["gate"]) == (0, "pass"), done.err
                assert cli.here("deploy", "call_notes@1.0.0", "development").code == 0
                for environment in ("staging", "production"):
                    assert cli.here("deploy", "call_notes@1.0.0", environment).code == 0
    assert (done.code, done.json["gate"], done.json["verdict"]) == (1, "fail", "not_worse")
    (cost,) = done.json["also"]
    assert (cost["name"], cost["gate"]) == ("cost", "fail"), "examples cost more than a fifth more"
    slices = {(one["tag"], one["cases"], one["gate"]) for one in done.json["slices"]}
    assert slices == {("long", 16, "pass"), ("short", 24, None)}
