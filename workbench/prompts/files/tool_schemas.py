"""Checks that the parameters of a draft's tools are JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.prompts.files.front_matter import Front, Path
from workbench.prompts.tools import schema_problem

_HINT = "parameters: {type: object, properties: {city: {type: string}}, required: [city]}"


def check_tools(front: Front) -> None:
    """Refuse parameters that are no JSON Schema, with their line. Prompty's list of properties is
    another form, and is checked with the rest. Raises DraftError.
    """
    for path, schema in _schemas(front.data.get("tools")):
        place, problem = schema_problem(schema)
        if problem:
            front.refuse_value((*path, *place), problem, _HINT)


def _schemas(tools: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    listed = tools.items() if isinstance(tools, Mapping) else enumerate(tools or ())
    for place, item in listed:
        for inside in ((), ("function",)):
            holder = item.get("function") if inside else item
            schema = holder.get("parameters") if isinstance(holder, Mapping) else None
            if isinstance(schema, Mapping) and (inside or "type" in schema):
                yield ("tools", place, *inside, "parameters"), schema
