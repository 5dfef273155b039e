"""Rendered messages as they are compared, and with the bytes of their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbench.prompts.inputs.media import held_by, sent, tokens_of
from workbench.prompts.values import Message


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
    if not message.parts and not message.more:
        return [message.role, message.content]
    parts = {"parts": [_by_digest(part) for part in message.parts]} if message.parts else {}
    return [message.role, "" if parts else message.content, {**parts, **message.more}]


def file_tokens(messages: Sequence[Message]) -> int:
    """A high estimate of the tokens of the files in these messages."""
    return sum(tokens_of(part) for message in messages for part in message.parts)


def _by_digest(part: Mapping[str, Any]) -> Any:
    held = held_by(part)
    if isinstance(held, Mapping):
        name = part["file"]["filename"] if part["type"] == "file" else ""
        return [part["type"], held["sha256"], held["type"], name]
    return part
