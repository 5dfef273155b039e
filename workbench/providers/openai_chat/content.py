"""What a message holds: text, thoughts, tool calls, and what is none of these."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.units import plural

_TEXTS = ("text", "output_text")
_THOUGHTS = (
    *("thinking", "redacted_thinking", "reasoning", "reasoning_text", "reasoning_content"),
    *("thought", "summary_text"),
)
THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking", "reasoning_details")
"""Where servers put what a model thought, beside the content of a message."""


@dataclass(frozen=True, slots=True)
class Content:
    """The `content` of a message or of a piece of one."""

    text: str = ""
    refusal: str = ""
    thought: bool = False
    """It holds what the model thought."""
    others: tuple[str, ...] = ()
    """Kinds of what is neither, such as a picture."""


def read_content(content: Any) -> Content:
    """Text, or the text of a list of parts; what the model thought is no part of its answer."""
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
            # Gemini marks a thought so.
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
    """` of 1,234 bytes`; empty when that cannot be told."""
    try:
        return f" of {plural(len(json.dumps(content)), 'byte')}"
    except RecursionError:
        return ""


def has_thought(message: Mapping[str, Any]) -> bool:
    """Whether a message says beside its content what the model thought."""
    return any(message.get(name) for name in THOUGHT_FIELDS)


def calls_text(calls: Any) -> str:
    """Tool calls as text."""
    try:
        return canonical_json(calls)
    except (ValueError, TypeError):
        return str(calls)
