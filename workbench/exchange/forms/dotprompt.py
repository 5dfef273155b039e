"""A prompt as a Dotprompt file: front matter with Picoschema, and a body in Handlebars.

Texts escape what Handlebars would read, roles are written with markers, and what Dotprompt has no
key for stands under `x-workbench.*`, where its readers keep it as an extension.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from workbench.exchange.losses import Loss
from workbench.exchange.plain_templates import (
    PlainMessage,
    Slot,
    is_written_out,
    read_templates,
)
from workbench.json_text import without_spelling
from workbench.prompts.files.options import NAMES
from workbench.prompts.values import Input, Prompt
from workbench.providers.openai_chat.parameters import response_format, tool_of

OWN = "x-workbench."
SUFFIX = ".prompt"

_ROLES = {"assistant": "model", "developer": "system"}
_MARKER = "<<<dotprompt:"
_KINDS = {"string": "string", "integer": "integer", "number": "number", "float": "number"} | {
    "boolean": "boolean"
}
_CONFIG = {"max_completion_tokens": "maxOutputTokens", "top_p": "topP", "top_k": "topK"} | {
    "stop": "stopSequences",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
}
HELPERS = frozenset(
    {"role", "history", "section", "media", "json", "ifEquals", "unlessEquals", "if", "unless"}
    | {"each", "with", "lookup", "log", "else", "as", "this", "true", "false", "null", "undefined"}
)
_REMEDY = "only names in {{ }} are the same there; pass the finished text as an input"


def problems(prompt: Prompt) -> list[str]:
    """Why a Dotprompt file could not say it, or would render it otherwise."""
    messages, features = read_templates(prompt)
    problems = [f"{feature}: {_REMEDY}" for feature in features]
    for number, message in enumerate(messages, 1):
        where = f"message {number} ({message.role})"
        texts = [part for part in message.parts if isinstance(part, str)]
        if any(_MARKER in text for text in texts):
            problems.append(f"{where}: {_MARKER} begins a message there: remove it from the text")
        if Slot("this") in message.parts:
            problems.append(f"{where}: an input cannot be named this there: rename it")
        if _has_brace_before_tag(message, is_last=number == len(messages)):
            problems.append(
                f"{where}: a {{ right before a tag opens another one there: add a blank"
            )
        if not features and not "".join(map(str, message.parts)).strip():
            problems.append(f"{where}: it is empty, and would be left out there: remove it")
    return problems


def losses(prompt: Prompt) -> list[Loss]:
    """What a Dotprompt file cannot say, and what stands there instead."""
    losses = [
        Loss(f"the role {role}", f"the role {there}")
        for role, there in _ROLES.items()
        if role == "developer" and any(m.role == role for m in prompt.messages)
    ]
    kinds = sorted({i.kind for i in prompt.inputs if i.kind not in ("string", "integer")})
    if kinds:
        losses.append(Loss(f"how a value of kind {', '.join(kinds)} prints", "as Handlebars does"))
    if any(len(message.parts) > 1 for message in read_templates(prompt)[0]):
        losses.append(
            Loss("that a value is text alone", f"one with {_MARKER} opens a message there")
        )
    if any(m.content != m.content.strip() for m in prompt.messages[-1:]):
        losses.append(Loss("blanks at the end of the last message"))
    if is_written_out(prompt):
        losses.append(Loss("comments and trimming in templates", "as they render"))
    return losses


def front_of(prompt: Prompt, own: Mapping[str, str]) -> dict[str, Any]:
    """The front matter; `own` stands under our prefix."""
    model = prompt.model
    front: dict[str, Any] = {"name": prompt.prompt_id}
    if prompt.description:
        front["description"] = prompt.description
    if own.get("version"):
        front["version"] = own["version"]
    if model:
        front["model"] = f"{model.provider}/{model.id}" if model.provider else model.id
        config = {
            _CONFIG.get(NAMES.get(name, name), name): without_spelling(value)
            for name, value in model.options.items()
            if value is not None
        }
        if config:
            front["config"] = config
    if prompt.inputs:
        front["input"] = _input(prompt.inputs)
    if prompt.outputs:
        schema = without_spelling(response_format(prompt.outputs)["json_schema"]["schema"])
        front["output"] = {"format": "json", "schema": schema}
    if prompt.tools:
        front["toolDefs"] = [_tool(item) for item in prompt.tools if isinstance(item, Mapping)]
    return front | {f"{OWN}{name}": text for name, text in own.items()}


def body_of(prompt: Prompt) -> str:
    """The body: each message after its marker, trimmed by `~` where its own ends are no blanks."""
    body, is_trimmed = "", False
    for at, message in enumerate(read_templates(prompt)[0]):
        text = _handlebars(message)
        bare = text == text.strip()
        left = "~" if is_trimmed and at else ""
        marker = f'role "{_ROLES.get(message.role, message.role)}"'
        before = f"{body}\n" if left else _before_tag(body)
        body = (
            f"{before}{{{{{left}{marker}{'~' if bare else ''}}}}}" + ("\n" if bare else "") + text
        )
        is_trimmed = bare
    return f"{body}\n"


def _handlebars(message: PlainMessage) -> str:
    text = ""
    for part in message.parts:
        if isinstance(part, Slot):
            name = f"this.{part.name}" if part.name in HELPERS else part.name
            text = f"{_before_tag(text)}{{{{{name}}}}}"
            continue
        first, *others = part.split("{{")
        text += first
        for other in others:
            # A backslash before the one that escapes would escape it: an empty comment parts them.
            text = f"{_before_tag(text)}{{{{!}}}}" if text.endswith("\\") else text
            text += "\\{{" + other
    return text


def _before_tag(text: str) -> str:
    """Text that a tag follows: of backslashes right before a tag Handlebars takes one."""
    return f"{text}\\" if text.endswith("\\") else text


def _has_brace_before_tag(message: PlainMessage, *, is_last: bool) -> bool:
    *inner, last = message.parts or ("",)
    if any(isinstance(part, str) and part.endswith("{") for part in inner):
        return True
    text = message.text()
    is_bare = text == text.strip()
    return not is_last and not is_bare and isinstance(last, str) and last.endswith("{")


def _input(inputs: tuple[Input, ...]) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for item in inputs:
        optional = "" if item.required else "?"
        about = " ".join(item.description.split())
        suffix = f", {about}" if about else ""
        if item.kind == "array":
            schema[f"{item.name}{optional}(array{suffix})"] = "any"
        elif item.kind == "object":
            schema[f"{item.name}{optional}(object{suffix})"] = {"(*)": "any"}
        else:
            schema[f"{item.name}{optional}"] = f"{_KINDS.get(item.kind, 'any')}{suffix}"
    defaults = {i.name: without_spelling(i.default) for i in inputs if i.default is not None}
    return {"schema": schema} | ({"default": defaults} if defaults else {})


def _tool(item: Mapping[str, Any]) -> dict[str, Any]:
    function: Mapping[str, Any] = tool_of(item)["function"]
    return {
        "name": str(function.get("name")),
        "description": str(function.get("description") or ""),
        "inputSchema": without_spelling(function.get("parameters") or {"type": "object"}),
    }


def is_ours(front: Mapping[str, Any], prompt_id: str) -> bool:
    """Whether a file's front matter is that of this prompt."""
    return front.get("name") == prompt_id and any(re.match(OWN, str(key)) for key in front)
