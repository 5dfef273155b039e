"""From a request in our words to what OpenAI's Responses API takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import TOKEN_LIMITS, api_options, as_payload

LIMIT = "max_output_tokens"


def response_body(request: Request) -> dict[str, Any]:
    """The whole request. A parameter that this API does not know is sent as it stands, so that the
    endpoint refuses it by its name.
    """
    options = api_options(request)
    body: dict[str, Any] = {"model": request.model, "input": [*_items(request)]}
    text: dict[str, Any] = {}
    for name, value in options.items():
        if name in TOKEN_LIMITS:
            body[LIMIT] = value
        elif name == "reasoning_effort":
            body["reasoning"] = {**body.get("reasoning", {}), "effort": value}
        elif name == "verbosity":
            text["verbosity"] = value
        elif name == "response_format":
            text["format"] = _flat(value, "json_schema")
        elif name == "tools":
            body["tools"] = [_flat(tool, "function") for tool in value]
        elif name == "tool_choice":
            body[name] = _flat(value, "function")
        elif name in ("text", "reasoning") and isinstance(value, Mapping):
            body[name] = {**body.get(name, {}), **value}
        else:
            body[name] = value
    if text:
        body["text"] = {**body.get("text", {}), **text}
    return body


def _flat(value: Any, kind: str) -> Any:
    """What chat completions nest below the name of its kind, beside the kind."""
    if not isinstance(value, Mapping) or not isinstance(value.get(kind), Mapping):
        return value
    rest = {name: item for name, item in value.items() if name != kind}
    return {**rest, **value[kind]}


def _items(request: Request) -> Iterator[dict[str, Any]]:
    """Messages as items of the input; calls of tools and their results are items of their own."""
    for message in as_payload(request.messages):
        role, content = message["role"], message.get("content")
        if role == "tool":
            call = message.get("tool_call_id", "")
            yield {"type": "function_call_output", "call_id": call, "output": content or ""}
            continue
        if content:
            yield {"role": role, "content": _content(content, role)}
        for call in message.get("tool_calls") or ():
            function = call.get("function", {})
            yield {
                "type": "function_call",
                "call_id": call.get("id", ""),
                "name": function.get("name", ""),
                "arguments": function.get("arguments", ""),
            }


def _content(content: Any, role: str) -> Any:
    if isinstance(content, str):
        return content
    return [_part(part, role) for part in content]


def _part(part: Mapping[str, Any], role: str) -> dict[str, Any]:
    """One part of a message, of chat completions' kinds."""
    kind = part.get("type")
    if kind == "text":
        return {
            "type": "output_text" if role == "assistant" else "input_text",
            "text": part.get("text", ""),
        }
    if kind == "image_url":
        given = part.get("image_url")
        image = dict(given) if isinstance(given, Mapping) else {"url": given}
        sent = {"type": "input_image", "image_url": image.pop("url", "")}
        return {**sent, **image}
    if kind == "file":
        file = part.get("file")
        return {"type": "input_file", **(file if isinstance(file, Mapping) else {})}
    return dict(part)
