"""A prompt without snippets and few-shot examples: their texts stand in its messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.prompts.revisions import least_revision
from workbench.prompts.roles import MARKER
from workbench.prompts.snippets import expanded
from workbench.prompts.templates.templates import ExampleTexts, variables
from workbench.prompts.values import EXAMPLES, SLOT, Message, Prompt

_EXAMPLES = re.compile(rf"\{{\{{([-+]?)\s*{EXAMPLES}\s*([-+]?)\}}\}}")
_SCOPE = re.compile(r"(?<!\{)\{% with\n%\}((?:(?!\{%).)*(?<!\{))\{% endwith\n%\}", re.DOTALL)
"""A snippet without tags in its place, see `snippets.expanded`. No brace before a border of it may
open a tag with what follows."""
_SPECIAL = re.compile(r"\{[{%#]|\{\Z|\r|\A(?:<{7}|>{7}|\|{7})")
"""What a template, or a draft's text, would read as more than a line of text."""


def flattened(prompt: Prompt) -> Prompt:
    """The prompt as one that has no such parts, nor features: it renders the same messages.

    Raises TemplateError where it does not compile.
    """
    if not prompt.snippets and not prompt.features and prompt.examples is None:
        return prompt
    texts = ExampleTexts(prompt) if prompt.examples else None
    messages: list[Message] = []
    for message in prompt.messages:
        if message.role == SLOT:
            if texts and message.content == EXAMPLES:
                messages += [Message(m.role, _literal(m.content)) for m in texts.messages]
            else:
                messages.append(message)
            continue
        text = _without_scopes(expanded(prompt, message.content).text)
        messages.append(Message(message.role, _with_examples(text, prompt, texts)))
    inputs = tuple(replace(item, feature="") for item in prompt.inputs)
    flat = replace(
        prompt, messages=tuple(messages), inputs=inputs, snippets={}, examples=None, features={}
    )
    least = least_revision(flat.messages, flat.inputs, flat.template_format)
    return replace(flat, revision=least)


def _without_scopes(text: str) -> str:
    """The text without the scopes of snippets that have no tags: these set no names. The text is
    left alone where a draft would read a line of the result as a role marker, or lose a blank end.
    """
    shorter, before = text, ""
    while shorter != before:
        before, shorter = shorter, _SCOPE.sub(r"\1", shorter)
    lines = shorter.split("\n")
    is_lost = not lines[0].strip() or not lines[-1].strip()
    return text if is_lost or any(map(MARKER.fullmatch, lines)) else shorter


def _with_examples(text: str, prompt: Prompt, texts: ExampleTexts | None) -> str:
    if texts is None:
        return text
    value = texts.value
    if isinstance(value, str):
        text = _EXAMPLES.sub(lambda tag: _in_place_of(tag, value), text)
    # Any other use of the name, such as a loop over the rows.
    if EXAMPLES in variables(replace(prompt, messages=(Message("", text),), examples=None)):
        return f"{{% set {EXAMPLES} = {_expression(value)} %}}{text}"
    return text


def _in_place_of(tag: re.Match[str], value: str) -> str:
    if tag[1] or tag[2]:
        return f"{{{{{tag[1]} {_expression(value)} {tag[2]}}}}}"
    return _literal(value)


def _literal(text: str) -> str:
    """A template that renders this text: no line of it is a tag or a role marker, and a draft keeps
    its first and last line.
    """
    lines = text.split("\n")
    ends = (0, len(lines) - 1)
    return "\n".join(
        f"{{{{ {_expression(line)} }}}}" if _is_special(line, at in ends) else line
        for at, line in enumerate(lines)
    )


def _is_special(line: str, is_end: bool) -> bool:
    is_blank_end = is_end and not line.strip()
    return bool(is_blank_end or MARKER.fullmatch(line) or _SPECIAL.search(line))


def _expression(value: Any) -> str:
    """A plain JSON value as Jinja2 writes it."""
    if value is None:
        return "none"
    if isinstance(value, Mapping):
        items = (f"{_expression(key)}: {_expression(item)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_expression, value))}]"
    return json.dumps(value, ensure_ascii=False)
