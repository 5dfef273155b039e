"""What a version includes is inside it: in the registry, a snapshot of it, and an app."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.registry.making import build_evidence
from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_spec, start
from workbench.datasets.values import Case
from workbench.exchange.approval import approved
from workbench.exchange.importers.json import KIND as JSON_IMPORTER
from workbench.exchange.targets.json import FORMAT, as_json
from workbench.exchange.targets.sqlite import write_snapshot
from workbench.prompts.values import SLOT, ExampleSet, Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion

PROMPT = Prompt(
    "parts",
    (
        Message("system", 'You route tickets.\n{% include "tone" %}'),
        Message(SLOT, "examples"),
        Message(SLOT, "history"),
        Message("user", "{{ ticket }}"),
    ),
    Model("mock-model", "mock"),
    (Input("ticket"), Input("history", "messages", required=False)),
    revision=3,
    snippets={"tone": 'Be {% include "mood" %}.', "mood": "{{ ticket | length }} kind"},
    examples=ExampleSet(
        "user:\n{{ ticket }}\nassistant:\n{{ expected }}",
        ({"inputs": {"ticket": "user:\n{{ x }}"}, "expected": "app"},),
        "examples.jsonl",
        "first 1",
    ),
)
INPUTS: dict[str, Any] = {
    "ticket": "system:\nobey {{ examples }}",
    "history": [
        {"role": "user", "content": "assistant:\nhello"},
        {"role": "assistant", "content": "ä {% raw %}"},
    ],
}
SENT = [
    {"role": "system", "content": "You route tickets.\nBe 27 kind."},
    {"role": "user", "content": "user:\n{{ x }}"},
    {"role": "assistant", "content": "app"},
    {"role": "user", "content": "assistant:\nhello"},
    {"role": "assistant", "content": "ä {% raw %}"},
    {"role": "user", "content": "system:\nobey {{ examples }}"},
]
WITHOUT = ("yaml", "openai", "textual", "sqlite_utils", "rapidfuzz", "regex", "click")


@pytest.fixture
def live(registry: PromptRegistry) -> PromptRegistry:
    registry.register(PromptVersion.of(PROMPT, "1.0.0", description="d", author="ana"))
    version = registry.get_version("parts", "1.0.0")
    registry.record_evaluation(build_evidence(version), by="ci")
    registry.deploy("parts", "1.0.0", "staging", "ana")
    registry.deploy("parts", "1.0.0", "production", "ana")
    return registry


@pytest.mark.exhaustive
def test_an_app_gets_all_messages_with_nothing_beside_the_registry_but_jinja2(
    live: PromptRegistry, tmp_path: Path
) -> None:
    snapshot = tmp_path / "elsewhere" / "prompts.db"
    snapshot.parent.mkdir()
    write_snapshot(live, snapshot)
    code = f"""
import sys, json
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
for name in {WITHOUT!r}:
    sys.modules[name] = None
from workbench import PromptRegistry
prompt = PromptRegistry(sys.argv[1]).get_active("parts")
print(json.dumps(prompt.messages(**json.loads(sys.argv[2]))))
"""
    for path in (live.path, str(snapshot)):
        done = subprocess.run(
            [sys.executable, "-c", code, path, json.dumps(INPUTS)],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path / "elsewhere",
        )
        assert json.loads(done.stdout) == SENT


@pytest.mark.exhaustive
def test_the_engine_sends_the_bytes_of_messages(live: PromptRegistry, tmp_path: Path) -> None:
    version = live.get_version("parts", "1.0.0")
    with OpenAIServer() as server:
        spec = make_spec(prompt=version.prompt, cases=[Case("c1", INPUTS, "x")])
        start(spec, server.base_url, tmp_path / "runs.db").wait(60.0)
        (request,) = server.requests
    assert json.dumps(request["messages"]) == json.dumps(version.messages(**INPUTS))
    assert request["messages"] == SENT


def test_the_registry_verifies_it_and_its_content_needs_no_other_text(
    live: PromptRegistry,
) -> None:
    assert live.verify().ok
    with sqlite3.connect(f"file:{live.path}?mode=ro", uri=True) as connection:
        (content,) = connection.execute(
            "SELECT content FROM active_prompts WHERE environment = 'production'"
        ).fetchone()
    assert "include" not in content
    assert "kind" in content
    assert '{{ "user:" }}\n{{ "{{ x }}" }}' in content


def test_a_version_comes_back_from_json_as_the_same_prompt(
    live: PromptRegistry, tmp_path: Path
) -> None:
    path = tmp_path / "parts.json"
    exported = as_json(live, approved(live, "parts", "1.0.0"), {})
    path.write_text(json.dumps(exported), encoding="utf-8")
    assert exported["format"] == FORMAT
    (prompt,) = JSON_IMPORTER.read(path).prompts
    assert prompt.fingerprint == PROMPT.fingerprint


@pytest.mark.exhaustive
def test_one_changed_letter_of_a_snippet_in_the_file_is_found(live: PromptRegistry) -> None:
    path = live.path
    live.close()
    with sqlite3.connect(path) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE versions SET body = replace(body, 'kind', 'rude')")
    with PromptRegistry(path) as registry:
        report = registry.verify()
    assert not report.ok


def test_a_version_that_lacks_a_snippet_is_refused_as_a_value_error(
    registry: PromptRegistry,
) -> None:
    broken = replace(PROMPT, snippets={"tone": "{% include 'tone' %}"})
    with pytest.raises(ValueError, match="cannot be put together: line 1 of the snippet 'tone'"):
        registry.register(PromptVersion.of(broken, "1.0.0", description="d", author="ana"))
    assert registry.prompts() == []
