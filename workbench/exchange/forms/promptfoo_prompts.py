"""promptfoo's prompts and providers as messages and models of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.forms.foreign import as_mapping, with_inputs
from workbench.exchange.plain_templates import read_template
from workbench.prompts.values import JINJA2, ROLES, Message, Model, Prompt

_OPTIONS = {"max_tokens": "maxOutputTokens", "top_p": "topP", "stop": "stopSequences"}
_OPTIONS |= {"frequency_penalty": "frequencyPenalty", "presence_penalty": "presencePenalty"}
SENT = frozenset({*_OPTIONS, "temperature", "seed", "reasoning_effort", "max_completion_tokens"})

_FRAGMENTS = re.compile(
    r"\{% if (\w+) is string %\}\{\{ \1 \}\}\{% else %\}"
    r"\{\{ \1\.fragments \| join\(''\) \}\}\{% endif %\}"
)
"""A slot as we write it where a value stands in fragments."""


def model_of(entry: Any) -> tuple[str, Model | None]:
    """The name of a provider, and its model where it is one of OpenAI's chat API."""
    if isinstance(entry, Mapping) and "id" not in entry and len(entry) == 1:
        ((name, inner),) = entry.items()
        entry = {"id": name, **as_mapping(inner)}
    name = str(entry.get("id") if isinstance(entry, Mapping) else entry)
    parts = name.split(":")
    if parts[0] not in ("openai", "azure", "azureopenai") or len(parts) < 2:
        return name, None
    config = as_mapping(entry.get("config")) if isinstance(entry, Mapping) else {}
    options = {_OPTIONS.get(k, k): v for k, v in config.items() if k in SENT}
    return name, Model(":".join(parts[2:]) or parts[1], "", options)


def prompt_of(name: str, text: str) -> Prompt:
    messages = tuple(
        Message(message.role, _FRAGMENTS.sub(r"{{ \1 }}", message.content))
        for message in _messages(text)
    )
    for message in messages:
        if message.role not in ROLES:
            raise DraftError(f"it has a message of the role {message.role!r}")
        for line, what in read_template(message.content, JINJA2)[1]:
            raise DraftError(
                f"line {line} has {what}, which Nunjucks may render otherwise",
                hint="write it as a draft, in Jinja2",
            )
    return with_inputs(Prompt(name, messages))


def _messages(text: str) -> Iterator[Message]:
    """The messages of a text: a JSON list of them, else one of the user."""
    try:
        parsed = json.loads(text) if text.lstrip().startswith(("[", "{")) else None
    except (ValueError, RecursionError):
        parsed = None
    listed = parsed.get("messages") if isinstance(parsed, Mapping) else parsed
    if not isinstance(listed, list) or not listed:
        yield Message("user", text)
        return
    for message in listed:
        content = message.get("content") if isinstance(message, Mapping) else None
        if not isinstance(content, str):
            raise DraftError("a message has no text as content")
        role = str(message.get("role"))
        yield Message("system" if role == "developer" else role, content)
