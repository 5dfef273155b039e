"""Classifies what OpenAI's Responses API answers, by the rules for chat completions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.providers.base import Answer
from workbench.providers.openai_chat.call_context import CallContext, invalid
from workbench.providers.openai_chat.classify import classify_body, classify_completion
from workbench.providers.openai_chat.error_bodies import is_error

_CUT = {"max_output_tokens": "length", "max_tokens": "length", "content_filter": "content_filter"}
_REASONING = "reasoning"


def classify_response(raw: bytes, context: CallContext) -> Answer:
    """Classify the body of a response with status 200. Raises ProviderError."""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return classify_body(raw, context)  # no JSON: what it is then is said there
    return classify_data(data, context, raw)


def classify_data(data: Any, context: CallContext, raw: bytes = b"") -> Answer:
    """Classify a parsed response; `raw` is quoted when it is invalid. Raises ProviderError."""
    if not isinstance(data, Mapping) or not isinstance(data.get("output"), list):
        if is_error(data):
            return classify_completion(data, context, raw)
        return invalid(context, "a response without output", raw)
    return classify_completion(as_completion(data), context, raw)


def as_completion(data: Mapping[str, Any]) -> dict[str, Any]:
    """The response in the shape of a chat completion."""
    output = [item for item in data["output"] if isinstance(item, Mapping)]
    calls = [_call(item) for item in output if item.get("type") == "function_call"]
    message: dict[str, Any] = {"content": [*_parts(output)]}
    if calls:
        message["tool_calls"] = calls
    if any(item.get("type") == _REASONING for item in output):
        message["reasoning"] = "…"
    choice = {"message": message, "finish_reason": _finish(data, bool(calls))}
    if data.get("error"):
        choice["error"] = data["error"]
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    return {
        "choices": [choice],
        "model": data.get("model"),
        "usage": {
            "prompt_tokens": usage.get("input_tokens"),
            "completion_tokens": usage.get("output_tokens"),
        },
    }


def _parts(output: list[Mapping[str, Any]]) -> Iterator[Any]:
    """The parts of its messages."""
    for item in output:
        if item.get("type", "message") == "message":
            content = item.get("content")
            yield from content if isinstance(content, list) else [content]


def _finish(data: Mapping[str, Any], called: bool) -> str:
    """What ended it, in the words of chat completions; a status that is not known stays."""
    status = str(data.get("status") or "")
    if status == "completed":
        return "tool_calls" if called else "stop"
    if status == "incomplete":
        details = data.get("incomplete_details")
        reason = str(details.get("reason")) if isinstance(details, Mapping) else ""
        return _CUT.get(reason, reason or "length")
    return "error" if status in ("failed", "cancelled") else status


def _call(item: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": item.get("name"), "arguments": item.get("arguments")}
    return {"id": item.get("call_id"), "type": "function", "function": function}
