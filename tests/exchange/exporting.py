"""A registry with versions that may leave, and what a target is given of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.registry.making import build_evidence
from workbench.errors import TargetUnreachable
from workbench.exchange.approval import approved
from workbench.exchange.delivery import Arrived, move_pointer, refuse, send_version
from workbench.exchange.targets.base import Destination, Export, PointerTarget
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


def send(target: PointerTarget, export: Export, destination: Destination) -> Arrived:
    """One export as the program makes it: compared before and after, pointers last."""
    refuse(target, export, destination)
    arrived = send_version(target, export, destination, lambda _step: None)
    assert export.prompt is not None
    for environment in export.environments:
        wanted = (export.prompt.prompt_id, environment, arrived.ref)
        assert move_pointer(target, export.registry, wanted, destination).after == arrived.ref
    return arrived


FAULTS = [
    (method, is_done)
    for method in ("read_back", "send", "pointers", "point")
    for is_done in (False, True)
]
"""Where an export is cut off: a method, before or after it did what it is for."""


def cut_off(target: PointerTarget, method: str, *, is_done: bool) -> Any:
    """The target, whose method fails once."""

    class Once:
        has_failed = False

        def __getattr__(self, name: str) -> Any:
            real = getattr(target, name)
            if name != method or self.has_failed:
                return real

            def failing(*arguments: Any) -> Any:
                self.has_failed = True
                if is_done:
                    real(*arguments)
                raise TargetUnreachable("cut off", may_have_committed=is_done)

            return failing

    return Once()


def check_repaired(
    target: PointerTarget, fault: tuple[str, bool], export: Export, destination: Destination
) -> None:
    """An export that is cut off there is finished by the next one, which does nothing twice."""
    method, is_done = fault
    with pytest.raises(TargetUnreachable, match="cut off"):
        send(cut_off(target, method, is_done=is_done), export, destination)
    arrived = send(target, export, destination)
    assert send(target, export, destination) == Arrived(None, arrived.ref, arrived.content)
    if method == "send" and is_done:
        assert arrived.sent is None
