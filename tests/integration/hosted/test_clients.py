"""Langfuse's, LangSmith's and Phoenix's own clients read what was sent to their registries.

The registries are servers on loopback that do with prompts what theirs do.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.targets.services import KEYS, PROMPT, SERVICES, Service
from workbench.exchange.delivery import move_pointer, send_version
from workbench.exchange.mustache import converted
from workbench.exchange.targets import langfuse, langsmith, phoenix
from workbench.exchange.targets.base import Destination, Export
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import BRACES, JINJA2, Input, Message, Prompt
from workbench.registry import PromptRegistry, PromptVersion

APP = Path(__file__).with_name("app.py")
HOSTILE = {
    "ticket": "<b>\"A\" & 'B'</b> {{tone}} {{{tone}}} {{#x}}{% raw %}\\1 \\g<0> $1\n",
    "tone": "ruhig é \N{PILE OF POO}",
}
PLAIN = {**HOSTILE, "ticket": HOSTILE["ticket"].replace("tone", "other")}
"""Phoenix's client fills in one variable after the other, as its loss says."""
EACH = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
SYNTAX = {module.RULES.syntax.service.lower(): module.RULES.syntax
          for module in (langfuse, langsmith, phoenix)}  # fmt: skip


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PromptRegistry]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with PromptRegistry(tmp_path / "registry.db", create=True) as opened:
        yield opened


def of(registry: PromptRegistry, prompt: Prompt, number: str = "1.2.0") -> Export:
    registry.register(PromptVersion.of(prompt, number, "Route a ticket", "ana"))
    return Export(registry, prompt, number, number)


def publish(service: Service, export: Export, there: Destination) -> None:
    """Send it, and make it live."""
    assert export.prompt is not None
    ref = send_version(service.kind, export, there, lambda _step: None).ref
    wanted = (export.prompt.prompt_id, "production", ref)
    move_pointer(service.kind, export.registry, wanted, there)


def served(service: Service, uri: str, prompt_id: str, values: dict[str, str]) -> Any:
    """What an app gets for `production`."""
    name = prompt_id if service.name == "langfuse" else prompt_id.replace(".", "-")
    done = subprocess.run(
        [sys.executable, str(APP), service.name, uri, name, "production", json.dumps(values)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "LANGSMITH_TRACING": "false", "PHOENIX_TELEMETRY_ENABLED": "false"},
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def rendered(prompt: Prompt, values: dict[str, str]) -> list[list[str]]:
    return [[message.role, message.content] for message in Renderer(prompt).render(values)]


@EACH
def test_an_app_gets_the_deployed_text_and_sees_a_rollback(
    registry: PromptRegistry, service: Service
) -> None:
    values = PLAIN if service.name == "phoenix" else HOSTILE
    older = replace(PROMPT, messages=(Message("user", "Old: {{ ticket }}"),))
    with service.server() as server:
        there = service.destination(server.uri)
        first, second = of(registry, older, "1.1.0"), of(registry, PROMPT)
        for export in (first, second, first):
            publish(service, export, there)
            assert export.prompt is not None
            page = served(service, server.uri, PROMPT.prompt_id, values)
            assert page["messages"] == rendered(export.prompt, values)
            settings = {**page["settings"], **page["settings"].get("extra_body", {})}
            assert (settings["model"], settings["seed"]) == ("gpt-4.1-mini", 7)
            assert (settings["temperature"], settings["top_k"]) == (1, 3)


@EACH
def test_a_client_writes_the_same_as_we_do(registry: PromptRegistry, service: Service) -> None:
    with service.server() as server:
        publish(service, of(registry, PROMPT), service.destination(server.uri))
        before = len(server.requests)
        served(service, server.uri, PROMPT.prompt_id, HOSTILE)
        theirs = [body for method, _, body in server.requests[before:] if method == "POST"]
        method, _, path = service.steps["create"].partition(" ")
        [ours] = [body for m, p, body in server.requests[:before] if (m, p) == (method, path)]

    assert plain(_bodies(service, theirs[-1])) == plain(_bodies(service, ours))


def _bodies(service: Service, body: Any) -> Any:
    """The part of a body that is not the prompt's name or a message about it."""
    if service.name == "langsmith":
        return body["manifest"]
    if service.name == "phoenix":
        return {key: value for key, value in body["version"].items() if key != "description"}
    return {key: value for key, value in body.items() if key != "name"}


def plain(value: Any) -> Any:
    """Without what LangChain and the clients add and leave out: names of classes, nulls, types of
    messages.
    """
    if isinstance(value, dict):
        drop = {"name"} if "lc" in value else set()
        if value.get("type") == "message":
            drop.add("type")
        return {k: plain(v) for k, v in value.items() if v is not None and k not in drop}
    return [plain(item) for item in value] if isinstance(value, list) else value


@EACH
def test_plain_text_is_served(registry: PromptRegistry, service: Service) -> None:
    message = Message("user", "Sum up {ticket}, { not } this, or {}: {tone}")
    prompt = replace(PROMPT, messages=(message,), template_format=BRACES, inputs=())
    with service.server() as server:
        publish(service, of(registry, prompt), service.destination(server.uri))
        page = served(service, server.uri, PROMPT.prompt_id, PLAIN)
    assert page["messages"] == rendered(prompt, PLAIN)


@EACH
def test_every_template_that_is_not_refused_renders_the_same(
    registry: PromptRegistry, service: Service
) -> None:
    templates = list(_templates(SYNTAX[service.name]))
    assert len(templates) > 100
    prompt = replace(
        PROMPT,
        messages=tuple(Message("user", template) for template in templates),
        inputs=(Input("ticket"), Input("tone")),
    )
    with service.server() as server:
        publish(service, of(registry, prompt), service.destination(server.uri))
        page = served(service, server.uri, PROMPT.prompt_id, PLAIN)
    for template, theirs, ours in zip(
        templates, page["messages"], rendered(prompt, PLAIN), strict=True
    ):
        assert theirs == ours, template


def _templates(syntax: Any) -> Iterator[str]:
    """Texts with braces, tags and signs in any order, which Jinja2 and the target take."""
    chosen = random.Random(7)
    pieces = [
        *("{{ ticket }}", "{{tone}}", "{{- tone -}}", "{# note #}", "{{ '{' }}"),
        *("{% raw %}{%{% endraw %}", "{{ 'quoted' }}"),
        *("{", "}", "}}", " ", "\n", "\\", "text", "&lt;", "#", "é", '"', "  \n", "\t", "{ {"),
    ]  # fmt: skip
    templates: set[str] = set()
    for _ in range(3000):
        template = "x" + "".join(chosen.choices(pieces, k=chosen.randint(1, 8)))
        if not converted(template, JINJA2, syntax)[1] and template not in templates:
            templates.add(template)
            yield template
        if len(templates) == 300:
            return
