"""Conversations as inputs: lists of messages that stand in a slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.errors import TemplateError
from workbench.prompts.values import Message


def conversation(value: Any, name: str) -> tuple[Message, ...]:
    """The messages of an input of kind messages; none if it is not given.

    Raises TemplateError for anything but a list of role and content.
    """
    if not value:
        return ()
    messages = []
    for number, item in enumerate(value, 1):
        if not isinstance(item, Mapping) or not isinstance(item.get("role"), str):
            raise TemplateError(f"{name}[{number}] is no message", hint="{role: user, content: …}")
        content = item.get("content")
        more = {key: item[key] for key in item if key not in ("role", "content")}
        messages.append(Message(item["role"], content or "", more=more))
    return tuple(messages)
