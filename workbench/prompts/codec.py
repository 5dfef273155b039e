"""Converts prompts to plain JSON values and back; one format for registry, runs and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.prompts.values import (
    FIRST_REVISION,
    PARTS_REVISION,
    ExampleSet,
    Input,
    Message,
    Model,
    Prompt,
)

INPUT_KEYS = ("name", "kind", "required", "default", "description")
_REVISED = " (revision "


def prompt_to_json(prompt: Prompt) -> dict[str, Any]:
    """All of a prompt except its id. The first template revision is omitted."""
    behaviour = prompt.behaviour()
    return {
        **{key: behaviour[key] for key in ("revision",) if key in behaviour},
        "messages": [{"role": m.role, "content": m.content} for m in prompt.messages],
        "template": _template_word(prompt),
        "model": behaviour["model"],
        "inputs": [
            {key: getattr(item, key) for key in INPUT_KEYS} | item.more() for item in prompt.inputs
        ],
        "outputs": prompt.outputs,
        "tools": prompt.tools,
        "description": prompt.description,
        "extra": prompt.extra,
        **({"snippets": behaviour["snippets"]} if prompt.snippets else {}),
        **({"examples": examples_to_json(prompt.examples)} if prompt.examples else {}),
        **({"features": dict(prompt.features)} if prompt.features else {}),
    }


def _template_word(prompt: Prompt) -> str:
    """The template format. From the third revision it is a word that the program before it does
    not know: 0.1.0 reads no `revision`, and would leave out what it does not know.
    """
    revision = prompt.revision
    return prompt.template_format + (f"{_REVISED}{revision})" if revision >= PARTS_REVISION else "")


def template_format(word: str) -> str:
    """The format in such a word."""
    return word.partition(_REVISED)[0]


def examples_to_json(examples: ExampleSet) -> dict[str, Any]:
    """Few-shot examples as plain JSON values, with where they came from."""
    return {**examples.behaviour(), "file": examples.file, "choose": examples.choose}


def _examples(data: Mapping[str, Any] | None) -> ExampleSet | None:
    if data is None:
        return None
    file, choose = data.get("file", ""), data.get("choose", "all")
    return ExampleSet(data["template"], tuple(data["rows"]), file, choose)


def _input(data: Mapping[str, Any]) -> Input:
    return Input(**{**data, "enum": tuple(data.get("enum", ()))})


def prompt_from_json(prompt_id: str, data: Mapping[str, Any]) -> Prompt:
    """The inverse of `prompt_to_json`. Raises KeyError, TypeError or ValueError for other data."""
    model = data["model"]
    return Prompt(
        prompt_id=prompt_id,
        messages=tuple(Message(m["role"], m["content"]) for m in data["messages"]),
        model=Model(**model) if model else None,
        inputs=tuple(map(_input, data["inputs"])),
        outputs=data["outputs"],
        tools=data["tools"],
        template_format=template_format(data["template"]),
        revision=data.get("revision", FIRST_REVISION),
        description=data["description"],
        extra=data["extra"],
        snippets=data.get("snippets", {}),
        examples=_examples(data.get("examples")),
        features=data.get("features", {}),
    )
