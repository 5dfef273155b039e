"""Rendered messages as apps and endpoints get them, and as they are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.prompts.inputs.media import held_by, sent
from workbench.prompts.values import Message


def as_sent(message: Message) -> dict[str, Any]:
    """One message in the form of the OpenAI chat API, with the bytes of its files.

    Raises ValueError or OSError when a file is not as it was checked.
    """
    if message.is_plain:
        return {"role": message.role, "content": message.content}
    content: Any = [sent(part) for part in message.parts] if message.parts else message.content
    made: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        made["content"] = content or None
        made["tool_calls"] = [dict(call) for call in message.tool_calls]
    if message.tool_call_id:
        made["tool_call_id"] = message.tool_call_id
    if message.name:
        made["name"] = message.name
    return made


def loaded(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages with the bytes of their files in them. Raises ValueError, OSError."""
    return tuple(
        replace(message, parts=tuple(map(sent, message.parts))) if message.parts else message
        for message in messages
    )


def compared(message: Message) -> list[Any]:
    """Role and content, by which cached answers are found; a file counts by its digest.

    What only some messages have stands in a third item, so that plain ones keep their keys.
    """
    pair: list[Any] = [message.role, message.content]
    if message.is_plain:
        return pair
    more: dict[str, Any] = {}
    if message.parts:
        pair[1] = ""
        more["parts"] = [_by_digest(part) for part in message.parts]
    if message.tool_calls:
        more["tool_calls"] = message.tool_calls
    for key in ("tool_call_id", "name"):
        if getattr(message, key):
            more[key] = getattr(message, key)
    return [*pair, more]


def _by_digest(part: Mapping[str, Any]) -> Any:
    held = held_by(part)
    if isinstance(held, Mapping):
        name = part["file"]["filename"] if part["type"] == "file" else ""
        return [part["type"], held["sha256"], held["type"], name]
    return part
