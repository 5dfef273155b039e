"""From a request in our words to what the OpenAI chat completions API takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import is_
from typing import Any

from workbench.prompts.files.options import NAMES
from workbench.prompts.values import Message
from workbench.providers.base import Request

TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
"""What servers call the limit of an answer's length; each knows one, or both."""
_KINDS = {
    "string": "string",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}


def api_options(request: Request) -> dict[str, Any]:
    """Everything but model and messages under the API's names, the same for every case.

    A part of the key of every cached answer, whichever provider gave it: it must stay as it is.
    """
    return dict(_translated(_Shared(request)))


class _Shared:
    """What all requests of a run have in common, the same objects: told apart by identity, since a
    comparison would cost as much as the translation that it saves.
    """

    def __init__(self, request: Request) -> None:
        self.parts = (request.options, request.extra, request.outputs, request.tools)

    def __hash__(self) -> int:
        return hash(tuple(map(id, self.parts)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Shared) and all(map(is_, self.parts, other.parts))


@lru_cache(maxsize=8)
def _translated(shared: _Shared) -> Mapping[str, Any]:
    given, extra, outputs, tools = shared.parts
    options = {NAMES.get(name, name): value for name, value in given.items()}
    options.update(extra)
    if outputs:
        options["response_format"] = response_format(outputs)
    if tools:
        options["tools"] = [tool_of(item) for item in _listed(tools)]
    return options


def payload(request: Request) -> dict[str, Any]:
    """The whole request as the API takes it."""
    return {
        **api_options(request),
        "model": request.model,
        "messages": as_payload(request.messages),
    }


def as_payload(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages in the shape the API takes, with the bytes of their files."""
    return [message.sent() for message in messages]


def response_format(outputs: Any) -> dict[str, Any]:
    """The OpenAI `response_format` for a prompt's `outputs`: a JSON Schema or Prompty's list."""
    if isinstance(outputs, Mapping) and ("type" in outputs or "$schema" in outputs):
        schema: dict[str, Any] = dict(outputs)
        strict = False
    else:
        schema = _object(_listed(outputs))
        strict = True
    return {
        "type": "json_schema",
        "json_schema": {"name": "structured_output", "strict": strict, "schema": schema},
    }


def _listed(items: Any) -> list[Mapping[str, Any]]:
    """Prompty allows a list of named items, or a mapping from name to item."""
    if isinstance(items, Mapping):
        return [
            {"name": name, **(item if isinstance(item, Mapping) else {"kind": item})}
            for name, item in items.items()
        ]
    return [item for item in items if isinstance(item, Mapping)]


def _object(properties: list[Mapping[str, Any]]) -> dict[str, Any]:
    """A strict object: every property required, the optional ones nullable."""
    return {
        "type": "object",
        "properties": {str(item.get("name")): _property(item) for item in properties},
        "required": [str(item.get("name")) for item in properties],
        "additionalProperties": False,
    }


def _property(item: Mapping[str, Any]) -> dict[str, Any]:
    kind = _KINDS.get(str(item.get("kind", "string")))
    schema: dict[str, Any] = {"type": kind} if kind else {}
    if kind == "object":
        schema = _object(_listed(item.get("properties") or []))
    if kind == "array":
        inner = item.get("items")
        schema["items"] = _property(inner) if isinstance(inner, Mapping) else {"type": "string"}
    if item.get("description"):
        schema["description"] = item["description"]
    choices = item.get("enumValues") or item.get("enum")
    if choices:
        schema["enum"] = list(choices)
    if (item.get("nullable") or not item.get("required", True)) and kind:
        schema["type"] = [kind, "null"]
        if choices:
            schema["enum"] = [*choices, None]
    return schema


def tool_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """One tool; what is already in OpenAI's shape stays as it is."""
    if "function" in item and item.get("type") == "function":
        return dict(item)
    parameters = item.get("parameters") or []
    ready = isinstance(parameters, Mapping) and "type" in parameters
    function = {
        "name": item.get("name"),
        "description": item.get("description"),
        "parameters": dict(parameters) if ready else _loose(_listed(parameters)),
    }
    if item.get("strict") is not None:
        function["strict"] = item["strict"]
    return {
        "type": "function",
        "function": {name: value for name, value in function.items() if value is not None},
    }


def _loose(properties: list[Mapping[str, Any]]) -> dict[str, Any]:
    schema = _object(properties)
    del schema["additionalProperties"]
    schema["properties"] = {
        str(item.get("name")): _property({**item, "required": True}) for item in properties
    }
    schema["required"] = [str(i.get("name")) for i in properties if i.get("required")]
    return schema
