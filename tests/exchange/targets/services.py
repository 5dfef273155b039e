"""The hosted registries, each with its server on loopback, and a version to send to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.registry.making import build_evidence
from tests.support.registry_servers import (
    KEY,
    PUBLIC_KEY,
    LangfuseServer,
    LangsmithServer,
    PhoenixServer,
    RegistryServer,
)
from workbench.exchange.approval import approved
from workbench.exchange.targets import langfuse, langsmith, phoenix
from workbench.exchange.targets.base import Destination, Export, PointerTarget
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion
from workbench.typed_options import defaults

KEYS = {
    "LANGFUSE_PUBLIC_KEY": PUBLIC_KEY,
    "LANGFUSE_SECRET_KEY": KEY,
    "LANGSMITH_API_KEY": KEY,
    "PHOENIX_API_KEY": KEY,
}
PROMPT = Prompt(
    "support.triage",
    (
        Message("system", 'You are {{ tone }}. Answer with one queue, as {"queue": …}}.'),
        Message("user", "{{ticket}}\n"),
        Message("assistant", "billing"),
        Message("user", "And {{ ticket }}?"),
    ),
    model=Model(
        "gpt-4.1-mini",
        "openai",
        {"temperature": 1.0, "maxOutputTokens": 8, "seed": 7, "stopSequences": ["\n"], "topK": 3},
    ),
    inputs=(
        Input("ticket", description="The customer's message"),
        Input("tone", required=False, default="calm"),
    ),
    outputs=[{"name": "queue", "kind": "string"}],
    tools=[
        {
            "name": "lookup",
            "kind": "function",
            "description": "an order",
            "parameters": [{"name": "order", "kind": "string", "required": True}],
        }
    ],
    description="Route a ticket",
)


@dataclass(frozen=True)
class Service:
    """One hosted registry."""

    name: str
    kind: PointerTarget
    server: type[RegistryServer]
    options: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    """Each request that an export makes there, by its step."""

    def destination(self, uri: str, **options: Any) -> Destination:
        values = {**defaults(self.kind.options), "timeout": 5.0, **self.options, **options}
        return Destination(None, uri, Path(), values, self.name)


SERVICES = (
    Service(
        "langfuse",
        langfuse.KIND,
        LangfuseServer,
        steps={
            "read": "GET /api/public/v2/prompts/support.triage",
            "create": "POST /api/public/v2/prompts",
            "list": "GET /api/public/v2/prompts",
            "point": "PATCH /api/public/v2/prompts/support.triage/versions/",
        },
    ),
    Service(
        "langsmith",
        langsmith.KIND,
        LangsmithServer,
        steps={
            "read": "GET /commits/-/support-triage/v",
            "look": "GET /repos/-/support-triage",
            "begin": "POST /repos/",
            "parent": "GET /commits/-/support-triage/",
            "create": "POST /commits/-/support-triage",
            "tag": "POST /repos/-/support-triage/tags",
            "list": "GET /repos/-/support-triage/tags",
            "point": "POST /repos/-/support-triage/tags",
            "retire": "DELETE /repos/-/support-triage/tags/production",
        },
    ),
    Service(
        "phoenix",
        phoenix.KIND,
        PhoenixServer,
        {"api_key_env": "PHOENIX_API_KEY"},
        steps={
            "read": "GET /v1/prompts/support-triage/versions",
            "create": "POST /v1/prompts",
            "list": "GET /v1/prompt_versions/",
            "point": "POST /v1/prompt_versions/",
            "retire": "DELETE /v1/prompt_versions/",
        },
    ),
)


def registered(
    registry: PromptRegistry, number: str = "1.2.0", prompt: Prompt = PROMPT, **more: Any
) -> Export:
    """A tested version, on its way out."""
    version = PromptVersion.of(prompt, number, "Route a ticket", "ana")
    registry.register(version)
    registry.record_evaluation(build_evidence(version), by="ci")
    return leaving(registry, number, prompt.prompt_id, **more)


def leaving(
    registry: PromptRegistry, number: str, prompt_id: str = PROMPT.prompt_id, **more: Any
) -> Export:
    approval = approved(registry, prompt_id, number)
    return Export(registry, approval.version.prompt, number, number, approval, **more)
