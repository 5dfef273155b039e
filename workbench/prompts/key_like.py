"""Finds apparent keys in prompts, which are registered, exported and sent."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.fingerprints import canonical_json
from workbench.key_shapes import keys_of
from workbench.prompts.values import Prompt

_SHOWN = 4


def key_in(text: str) -> str:
    """The first characters of an apparent key; empty if there is none."""
    key = next(keys_of(text), "")
    return f"{key[:_SHOWN]}…" if key else ""


def keys_in(prompt: Prompt) -> Iterator[str]:
    """Yield a sentence for each part of a prompt that seems to contain a key, without the key."""
    for message in prompt.messages:
        for number, line in enumerate(message.content.split("\n"), 1):
            if key_in(line):
                where = f"line {number} of the {message.role} message"
                yield f"{where} looks like it holds a key ({key_in(line)})"
    rest = {**prompt.behaviour(), "messages": [], "extra": dict(prompt.extra)}
    for name, part in {**rest, "description": prompt.description}.items():
        try:
            key = key_in(part if isinstance(part, str) else canonical_json(part))
        except (TypeError, ValueError):
            continue
        if key:
            yield f"{name} looks like it holds a key ({key})"
