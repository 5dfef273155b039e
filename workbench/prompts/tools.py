"""The tools that a prompt offers: their names, and their parameters as JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def tool_names(tools: Any) -> tuple[str, ...]:
    """The names in Prompty's list of tools, in OpenAI's, or in a mapping from name to tool."""
    if isinstance(tools, Mapping):
        return tuple(map(str, tools))
    names = []
    for item in tools if isinstance(tools, (list, tuple)) else ():
        function = item.get("function") if isinstance(item, Mapping) else None
        named = function if isinstance(function, Mapping) else item
        if isinstance(named, Mapping) and isinstance(named.get("name"), str):
            names.append(named["name"])
    return tuple(names)


def schema_problem(schema: Mapping[str, Any]) -> tuple[tuple[str | int, ...], str]:
    """What is wrong with a tool's parameters as a JSON Schema (2020-12), and where in it; an empty
    text if nothing is.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if schema.get("type") != "object":
        return ("type",), f"is of type {schema.get('type')!r}, and a tool takes an object"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return tuple(error.absolute_path), f"is no JSON Schema: {error.message[:200]}"
    except RecursionError:
        return (), "is no JSON Schema: it is nested too deeply"
    required, properties = schema.get("required", ()), schema.get("properties", {})
    for at, name in enumerate(required):
        if name not in properties:
            return ("required", at), f"requires {name!r}, which properties does not have"
    return (), ""
