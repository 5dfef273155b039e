"""A registry with versions that may leave, and what a target is given of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.registry.making import build_evidence
from workbench.exchange.approval import approved
from workbench.exchange.targets.base import Destination, Export, PointerTarget, Sent
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.registry import PromptRegistry, PromptVersion

TRIAGE = Prompt(
    "triage",
    (
        Message("system", "Answer in a {{ tone }} tone, with one queue name only."),
        Message("user", "{{ ticket }}"),
    ),
    model=Model("gpt-4.1-mini", "openai", {"temperature": 0, "maxOutputTokens": 8, "seed": 7}),
    inputs=(
        Input("tone", default="calm", required=False),
        Input("ticket", description="The customer's message"),
    ),
    outputs={"type": "object", "properties": {"queue": {"type": "string"}}},
    tools=[{"name": "look_up", "kind": "function", "parameters": []}],
    description="Route a support ticket",
)


def reworded(prompt: Prompt, old: str, new: str) -> Prompt:
    """The prompt with other words."""
    from dataclasses import replace

    messages = tuple(Message(m.role, m.content.replace(old, new)) for m in prompt.messages)
    return replace(prompt, messages=messages)


@contextmanager
def registry_of(folder: Path, prompts: Sequence[tuple[str, Prompt]]) -> Iterator[PromptRegistry]:
    """A registry with these versions, each tested."""
    folder.mkdir(parents=True, exist_ok=True)
    with PromptRegistry(folder / "registry.db", create=True) as registry:
        for number, prompt in prompts:
            version = PromptVersion.of(prompt, number, prompt.description or "first", "ana")
            registry.register(version)
            registry.record_evaluation(build_evidence(version), by="ci")
        yield registry


def leaving(
    registry: PromptRegistry, ref: str, environments: Sequence[str] = ("production",)
) -> Export:
    """What a target is given of `prompt_id@version`."""
    prompt_id, _, version = ref.partition("@")
    approval = approved(registry, prompt_id, version)
    return Export(
        registry, approval.version.prompt, version, version, approval, tuple(environments)
    )


def send(target: PointerTarget, export: Export, destination: Destination) -> Sent:
    """One export as the program makes it: nothing where it is there, pointers afterwards."""
    assert not target.refuses(export, destination)
    held = target.read_back(export, destination)
    sent = Sent("", ref=held.ref) if held else target.send(export, destination)
    back = target.read_back(export, destination)
    assert back is not None
    assert back.content == target.content(export)
    assert export.prompt is not None
    for environment in export.environments:
        target.point(export.prompt.prompt_id, environment, back.ref, destination)
        assert target.pointers(export.prompt.prompt_id, destination)[environment] == back.ref
    return sent
