"""Every part of a prompt, from the draft's file to the app and to the provider's wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.prompts.parts import everything, given_inputs, histories, hostile
from tests.registry.making import build_evidence
from tests.support.openai_server import OpenAIServer
from tests.support.specs import make_spec, start
from workbench.datasets.values import Case
from workbench.exchange.targets.sqlite import write_snapshot
from workbench.prompts.files.prompty import parse_prompty, write_prompty
from workbench.prompts.values import Prompt
from workbench.registry import PromptRegistry, PromptVersion

EXAMPLES = 5 if settings().derandomize else 200
"""Of each property: few, always the same, in `make test`; many in the profile `explore`."""


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(lambda messages, options: "yes") as running:
        yield running


def from_an_app(prompt: Prompt, folder: Path, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Register, evaluate and deploy it, and read its messages from a snapshot of the registry."""
    with PromptRegistry(folder / "registry.db", create=True) as registry:
        registry.register(PromptVersion.of(prompt, "1.0.0", description="d", author="ana"))
        version = registry.get_version(prompt.prompt_id, "1.0.0")
        registry.record_evaluation(build_evidence(version), by="ci")
        registry.deploy(prompt.prompt_id, "1.0.0", "staging", "ana")
        snapshot = write_snapshot(registry, folder / "prompts.db")
        assert registry.verify().ok
    with PromptRegistry(snapshot) as registry:
        live = registry.get_active(prompt.prompt_id, environment="staging")
        assert live is not None
        assert live.fingerprint == prompt.fingerprint
        messages: list[dict[str, Any]] = live.messages(**inputs)
        return messages


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(prompt=everything(), history=histories, mood=hostile | st.none())
def test_an_app_gets_from_a_snapshot_the_bytes_that_a_run_of_the_draft_sends(
    prompt: Prompt,
    history: list[Mapping[str, Any]],
    mood: str | None,
    server: OpenAIServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    inputs = given_inputs(history, mood) | (
        {"picture": PICTURE} if prompt.input_named("picture") else {}
    )
    draft = replace(parse_prompty(write_prompty(prompt)), prompt_id=prompt.prompt_id)
    before = server.calls
    spec = make_spec(prompt=draft, cases=[Case("c1", inputs, "yes")])
    summary = start(spec, server.base_url, folder / "runs.db").wait(60.0)
    assert server.calls == before + 1, summary
    sent = server.requests[-1]["messages"]
    assert json.dumps(from_an_app(prompt, folder, inputs)) == json.dumps(sent)
    for part in ("snippets", "examples", "tools", "media"):
        event(f"{part}: {bool(getattr(prompt, part))}")


PICTURE = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""An image of one pixel."""
