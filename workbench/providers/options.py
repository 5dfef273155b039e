"""Converts a prompt's options (Prompty's names) to OpenAI's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import DraftError, UsageError
from workbench.prompts.files.options import NAMES
from workbench.prompts.values import Message, Prompt
from workbench.providers.base import Request

TOKEN_LIMITS = ("max_tokens", "max_completion_tokens")
"""Servers' names for the output token limit; each accepts one or both."""
OURS = ("model", "messages", "stream", "stream_options", "n")
_KINDS = {
    "string": "string",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "boolean": "boolean",
    "array": "array",
    "object": "object",
}


def build_options(prompt: Prompt) -> dict[str, Any]:
    """All parameters except model and messages, under OpenAI's names; the same for every case.

    Raises UsageError when the draft names no model, or sets an option reserved for the workbench.
    """
    if prompt.model is None:
        raise UsageError(f"{prompt.prompt_id} names no model", hint="add model.id to the draft")
    options: dict[str, Any] = {}
    for name, value in prompt.model.options.items():
        if name == "additionalProperties" and isinstance(value, Mapping):
            options.update(value)
        else:
            options[NAMES.get(name, name)] = value
    for name in OURS:
        if name in options:
            raise DraftError(
                f"{prompt.prompt_id}: model.options.{name} cannot be set",
                hint="use repeats in the suite" if name == "n" else "the workbench sets it",
            )
    if prompt.outputs and "response_format" not in options:
        options["response_format"] = response_format(prompt.outputs)
    if prompt.tools:
        options["tools"] = [_tool(item) for item in _listed(prompt.tools)]
    return {name: value for name, value in options.items() if value is not None}


def build_request(
    prompt: Prompt, messages: Sequence[Message], options: Mapping[str, Any] | None = None
) -> Request:
    """The request for rendered messages; `options` as built by `build_options`, built if None.

    Raises UsageError, see `build_options`.
    """
    sent = build_options(prompt) if options is None else options
    model = prompt.model.id if prompt.model else ""
    return Request(model, tuple(messages), sent, token_limit(prompt))


def token_limit(prompt: Prompt) -> str:
    """The prompt's own API name of the output token limit; empty if it uses Prompty's name.

    Not part of `build_options`, which decides the cache key.
    """
    options = prompt.model.options if prompt.model else {}
    more = options.get("additionalProperties")
    for name in (*options, *(more if isinstance(more, Mapping) else ())):
        if name in TOKEN_LIMITS:
            return str(name)
    return ""


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
    """Items of a list, or of a mapping from name to item: Prompty allows both."""
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


def _tool(item: Mapping[str, Any]) -> dict[str, Any]:
    """One tool in OpenAI's format; a tool already in that format is unchanged."""
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
