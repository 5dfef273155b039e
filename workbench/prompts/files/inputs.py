"""The inputs of a draft: read from its front matter, and written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.prompts.files.front_matter import Front
from workbench.prompts.values import Input

INPUT_KEYS = {
    *("name", "kind", "required", "default", "description"),
    *("enum", "enumValues", "minimum", "maximum", "feature"),
}
"""Keys of a declaration that have an effect here."""


def read_inputs(front: Front) -> tuple[Input, ...]:
    """The declared inputs. Raises DraftError with the line of what is wrong."""
    data = front.data.get("inputs")
    if data is None:
        return ()
    places: list[str | int]
    if isinstance(data, Mapping):
        places = list(data)
        data = [
            {"name": name, **(value if isinstance(value, Mapping) else {"default": value})}
            for name, value in data.items()
        ]
    elif isinstance(data, list):
        places = list(range(len(data)))
    else:
        front.refuse(("inputs",), "inputs must be a list")
    inputs: dict[str, Input] = {}
    for place, item in zip(places, data, strict=True):
        made = _input(front, item, ("inputs", place))
        if made.name in inputs:
            front.refuse(("inputs", place), f"the input {made.name!r} is declared twice")
        inputs[made.name] = made
    return tuple(inputs.values())


def _input(front: Front, item: Any, path: tuple[str | int, ...]) -> Input:
    if isinstance(item, str):
        item = {"name": item}
    if not isinstance(item, Mapping) or not isinstance(item.get("name"), str):
        front.refuse(path, "an input needs a name", hint="- {name: ticket, kind: string}")
    if not item["name"].isidentifier():
        front.refuse(path, f"{item['name']!r} is no name for an input")
    default = item.get("default")
    return Input(
        name=item["name"],
        kind=str(item.get("kind") or "string"),
        required=bool(item.get("required", default is None)),
        default=default,
        description=str(item.get("description") or ""),
        enum=tuple(item.get("enum") or item.get("enumValues") or ()),
        minimum=item.get("minimum"),
        maximum=item.get("maximum"),
        feature=str(item.get("feature") or ""),
    )


def input_content(item: Input) -> dict[str, Any]:
    """The declaration as front matter, without what is not set."""
    content: dict[str, Any] = {"name": item.name, "kind": item.kind, "required": item.required}
    if item.default is not None:
        content["default"] = item.default
    content |= item.more()
    if item.description:
        content["description"] = item.description
    return content
