"""Converts prompts to plain JSON values and back; one format for registry, runs and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.prompts.values import FIRST_REVISION, Input, Message, Model, Prompt

INPUT_KEYS = ("name", "kind", "required", "default", "description")


def prompt_to_json(prompt: Prompt) -> dict[str, Any]:
    """All of a prompt except its id. The first template revision is omitted."""
    behaviour = prompt.behaviour()
    return {
        **{key: behaviour[key] for key in ("revision",) if key in behaviour},
        "messages": [{"role": m.role, "content": m.content} for m in prompt.messages],
        "template": prompt.template_format,
        "model": behaviour["model"],
        "inputs": [{key: getattr(item, key) for key in INPUT_KEYS} for item in prompt.inputs],
        "outputs": prompt.outputs,
        "tools": prompt.tools,
        "description": prompt.description,
        "extra": prompt.extra,
    }


def prompt_from_json(prompt_id: str, data: Mapping[str, Any]) -> Prompt:
    """The inverse of `prompt_to_json`. Raises KeyError, TypeError or ValueError for other data."""
    model = data["model"]
    return Prompt(
        prompt_id=prompt_id,
        messages=tuple(Message(m["role"], m["content"]) for m in data["messages"]),
        model=Model(model["id"], model["provider"], model["options"]) if model else None,
        inputs=tuple(Input(**item) for item in data["inputs"]),
        outputs=data["outputs"],
        tools=data["tools"],
        template_format=data["template"],
        revision=data.get("revision", FIRST_REVISION),
        description=data["description"],
        extra=data["extra"],
    )
