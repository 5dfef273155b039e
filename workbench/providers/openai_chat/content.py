"""The content of a message: text, reasoning, tool calls, and other parts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.providers.base import ToolCall
from workbench.providers.redact import storable
from workbench.units import plural

_TEXTS = ("text", "output_text")
_THOUGHTS = (
    *("thinking", "redacted_thinking", "reasoning", "reasoning_text", "reasoning_content"),
    *("thought", "summary_text"),
)
THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
"""Fields beside `content` in which servers put a model's reasoning."""


@dataclass(frozen=True, slots=True)
class Content:
    """The `content` of a message or of a streamed piece of one."""

    text: str = ""
    refusal: str = ""
    thought: bool = False
    """Whether it contains reasoning."""
    others: tuple[str, ...] = ()
    """Kinds of other parts, such as images."""


def read_content(content: Any) -> Content:
    """Read a text, or the text of a list of parts; reasoning is not part of the answer."""
    if content is None:
        return Content()
    if isinstance(content, str):
        return Content(content)
    if isinstance(content, Mapping) and content.get("type") in (*_TEXTS, *_THOUGHTS, "refusal"):
        content = [content]
    if not isinstance(content, list):
        return Content(others=(_kind(content),))
    text, refusal, others = "", "", []
    thought = False
    for part in content:
        kind = part.get("type", "text") if isinstance(part, Mapping) else None
        if isinstance(part, str):
            text += part
        elif kind in _TEXTS and isinstance(part.get("text"), str):
            # Gemini's mark of a reasoning part.
            if part.get("thought") is True:
                thought = True
            else:
                text += part["text"]
        elif kind == "refusal" and isinstance(part.get("refusal"), str):
            refusal += part["refusal"]
        elif kind in _THOUGHTS:
            thought = True
        else:
            others.append("no text" if kind in _TEXTS else _kind(part))
    return Content(text, refusal, thought, tuple(sorted(set(others))))


def _kind(part: Any) -> str:
    if not isinstance(part, Mapping):
        return type(part).__name__
    return str(part["type"]) if "type" in part else "no text"


def size_of(content: Any) -> str:
    """` of 1,234 bytes`; empty when the size is unknown."""
    try:
        return f" of {plural(len(json.dumps(content)), 'byte')}"
    except RecursionError:
        return ""


def has_thought(message: Mapping[str, Any]) -> bool:
    """Whether a message has reasoning beside its content."""
    return any(message.get(name) for name in THOUGHT_FIELDS)


def read_calls(calls: Any) -> tuple[ToolCall, ...]:
    """The tool calls of a message; none if one of them cannot be read. A call without an id gets
    one.
    """
    listed = [{"function": calls}] if isinstance(calls, Mapping) else calls
    read = []
    for number, call in enumerate(listed if isinstance(listed, list) else (), 1):
        function = call.get("function") if isinstance(call, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            return ()
        arguments = function.get("arguments") or ""
        text = arguments if isinstance(arguments, str) else calls_text(arguments)
        given = call.get("id")
        read.append(
            ToolCall(
                storable(given) if isinstance(given, str) and given else f"call_{number}",
                storable(function["name"]),
                storable(text),
            )
        )
    return tuple(read)


def calls_text(calls: Any) -> str:
    """Tool calls as text."""
    try:
        return canonical_json(calls)
    except (ValueError, TypeError):
        return str(calls)
