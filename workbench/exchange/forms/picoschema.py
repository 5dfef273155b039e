"""Reads Picoschema, Dotprompt's short form of JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.errors import DraftError

_SCALARS = ("string", "number", "integer", "boolean", "null", "any")
_KEY = re.compile(r"(?P<name>[^?(]+)(?P<optional>\?)?(?:\((?P<kind>\w+)(?:,\s*(?P<about>.*))?\))?")
_MAX_DEPTH = 32


def json_schema(value: Any, depth: int = 0) -> dict[str, Any]:
    """The JSON Schema of a Picoschema; a JSON Schema stays one. Raises DraftError."""
    if depth > _MAX_DEPTH:
        raise DraftError(f"its schema is nested deeper than {_MAX_DEPTH}")
    if isinstance(value, str):
        return _scalar(value)
    if not isinstance(value, Mapping):
        raise DraftError(f"{value!r} is no schema")
    if _is_json_schema(value):
        return dict(value)
    properties: dict[str, Any] = {}
    required: list[str] = []
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    schema["additionalProperties"] = False
    for key, inner in value.items():
        if key == "(*)":
            schema["additionalProperties"] = json_schema(inner, depth + 1)
            continue
        match = _KEY.fullmatch(str(key))
        if not match:
            raise DraftError(f"{key!r} is no key of a schema")
        name, kind = match["name"].strip(), match["kind"]
        one = _of_kind(kind, inner, depth) if kind else json_schema(inner, depth + 1)
        if match["about"]:
            one["description"] = match["about"]
        if match["optional"]:
            one = one if "enum" not in one else {**one, "enum": [*one["enum"], None]}
        else:
            required.append(name)
        properties[name] = one
    return {**schema, "required": required} if required else schema


def _is_json_schema(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and kind in (*_SCALARS, "object", "array")


def _scalar(text: str) -> dict[str, Any]:
    kind, _, about = (part.strip() for part in text.partition(","))
    if kind not in _SCALARS:
        raise DraftError(f"{kind!r} is no type of a schema", hint=", ".join(_SCALARS))
    schema = {} if kind == "any" else {"type": kind}
    return {**schema, "description": about} if about else schema


def _of_kind(kind: str, inner: Any, depth: int) -> dict[str, Any]:
    if kind == "array":
        return {"type": "array", "items": json_schema(inner, depth + 1)}
    if kind == "object":
        return json_schema(inner, depth + 1)
    if kind == "enum" and isinstance(inner, list):
        return {"enum": list(inner)}
    raise DraftError(f"a {kind} of {inner!r} is no schema")
