"""Checks the tools of a draft: their names, and that their parameters are JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.prompts.files.front_matter import Front, Path
from workbench.prompts.tools import schema_problem

_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
"""What some endpoint takes for the name of a function; OpenAI's own takes 64 without . and :."""
_HINT = "parameters: {type: object, properties: {city: {type: string}}, required: [city]}"


def check_tools(front: Front) -> None:
    """Refuse names that no endpoint takes, and parameters that are no JSON Schema, with their line.
    Prompty's list of properties is another form, and is checked with the rest. Raises DraftError.
    """
    for path, name in _names(front.data.get("tools")):
        if not _NAME.fullmatch(name):
            front.refuse_value(
                path, f"is {name!r}, which no tool can be called", "name: find_order"
            )
    for path, schema in _schemas(front.data.get("tools")):
        place, problem = schema_problem(schema)
        if problem:
            front.refuse_value((*path, *place), problem, _HINT)


def _names(tools: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(tools, Mapping):
        yield from ((("tools", name), str(name)) for name in tools)
        return
    for place, item in enumerate(tools or ()):
        for inside in ((), ("function",)):
            holder = item.get("function") if inside else item
            name = holder.get("name") if isinstance(holder, Mapping) else None
            if isinstance(name, str):
                yield ("tools", place, *inside, "name"), name


def _schemas(tools: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    listed = tools.items() if isinstance(tools, Mapping) else enumerate(tools or ())
    for place, item in listed:
        for inside in ((), ("function",)):
            holder = item.get("function") if inside else item
            schema = holder.get("parameters") if isinstance(holder, Mapping) else None
            if isinstance(schema, Mapping) and (inside or "type" in schema):
                yield ("tools", place, *inside, "parameters"), schema
