"""The calls of models in traces: OpenTelemetry's GenAI conventions and OpenInference.

A row may be a request as OTLP's JSON has it (`resourceSpans`), a span with `attributes`, or a span
whose attributes are columns, with or without the prefix `attributes.`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

VARIABLES = "llm.prompt_template.variables"
_PREFIX = "attributes."
_KNOWN = ("gen_ai.", "llm.", "openinference.", "input.value")
_NAMES = ("gen_ai.prompt.name", "llm.prompt_template.name", "prompt.id", "prompt.name")
_LISTED = (("llm.input_messages", "message."), ("gen_ai.prompt", ""))

Messages = list[tuple[str, str]]
"""Role and text of each."""


def is_trace(row: Mapping[str, Any]) -> bool:
    """Whether the row holds spans."""
    if "resourceSpans" in row or "resource_spans" in row:
        return True
    attributes = row.get("attributes")
    if isinstance(attributes, (list, Mapping)):
        return _is_span(_attributes(attributes))
    return _is_span(row) or any(str(key).startswith(_PREFIX) for key in row)


def spans_of(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The attributes of each call of a model in the row."""
    requests = row.get("resourceSpans") or row.get("resource_spans")
    if requests is None:
        given = row.get("attributes")
        flat = {str(k).removeprefix(_PREFIX): value for k, value in row.items()}
        spans = [_attributes(given) if isinstance(given, (list, Mapping)) else flat]
    else:
        spans = list(_otlp(requests))
    for attributes in spans:
        if VARIABLES in attributes or messages_of(attributes):
            yield attributes


def prompt_name(attributes: Mapping[str, Any]) -> str:
    """The prompt that the span names; empty: none."""
    return next((str(attributes[key]) for key in _NAMES if attributes.get(key)), "")


def variables_in(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The variables of the template, where the span has them."""
    given = _parsed(attributes.get(VARIABLES))
    return {str(k): value for k, value in given.items()} if isinstance(given, Mapping) else {}


def messages_of(attributes: Mapping[str, Any]) -> Messages:
    """The messages that were sent, the system's instructions first."""
    sent: Messages = []
    system = _parsed(attributes.get("gen_ai.system_instructions"))
    if system:
        sent.append(("system", _text(system)))
    given = _parsed(attributes.get("gen_ai.input.messages"))
    if isinstance(given, list):
        for one in given:
            if isinstance(one, Mapping):
                text = _text(one.get("parts", one.get("content", "")))
                sent.append((str(one.get("role", "user")), text))
        return sent
    for base, inner in _LISTED:
        at = 0
        while (role := attributes.get(f"{base}.{at}.{inner}role")) is not None:
            sent.append((str(role), _text(attributes.get(f"{base}.{at}.{inner}content", ""))))
            at += 1
    return sent


def _is_span(attributes: Mapping[str, Any]) -> bool:
    return any(str(key).startswith(_KNOWN) for key in attributes)


def _otlp(requests: Any) -> Iterator[dict[str, Any]]:
    for resource in _list(requests):
        for scope in _list(resource.get("scopeSpans") or resource.get("scope_spans")):
            for span in _list(scope.get("spans")):
                yield _attributes(span.get("attributes") or [])


def _list(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _attributes(given: Any) -> dict[str, Any]:
    if isinstance(given, Mapping):
        return {str(key): value for key, value in _flat("", given)}
    return {str(one.get("key")): _value(one.get("value")) for one in _list(given)}


def _flat(prefix: str, given: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Nested attributes under dotted names, as Phoenix exports them."""
    for key, value in given.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and name != VARIABLES:
            yield from _flat(f"{name}.", value)
        elif isinstance(value, list) and value and name == "llm.input_messages":
            for at, one in enumerate(value):
                yield from _flat(f"{name}.{at}.", one if isinstance(one, Mapping) else {})
        else:
            yield name, value


def _value(given: Any) -> Any:
    """A value as OTLP's JSON wraps it."""
    if not isinstance(given, Mapping):
        return given
    if "arrayValue" in given:
        array = given["arrayValue"]
        return [_value(one) for one in _list(array.get("values"))] if array else []
    if "kvlistValue" in given:
        return _attributes((given["kvlistValue"] or {}).get("values") or [])
    return next(iter(given.values()), None)


def _text(content: Any) -> str:
    """A message's text: itself, or that of its parts."""
    content = _parsed(content) if isinstance(content, str) and content[:1] == "[" else content
    if isinstance(content, list):
        parts = [
            part.get("content", part.get("text", "")) if isinstance(part, Mapping) else part
            for part in content
        ]
        return "\n".join(str(part) for part in parts if part)
    return "" if content is None else str(content)


def _parsed(value: Any) -> Any:
    """JSON as text, which attributes hold where they may hold no structure; else as it is."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
