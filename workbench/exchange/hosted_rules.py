"""What a hosted registry takes of a prompt, and what it loses."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.errors import WorkbenchError
from workbench.exchange.hosted import EXACT, SLOT, note_of, settings_of
from workbench.exchange.losses import Loss
from workbench.exchange.mustache import Syntax, converted
from workbench.exchange.plain_templates import is_written_out, losses_of_inputs
from workbench.exchange.targets.base import Export
from workbench.prompts.values import Message, Prompt

_HELD = frozenset({"revision", "messages", "template", "model", "inputs", "outputs", "tools"})
"""Parts of a prompt that are converted; another one makes it a refusal."""
_AS_TEXT = frozenset({"string", "integer", "float", "number", "boolean", "array", "object"})
"""Kinds of inputs that are text within a message."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a registry takes."""

    syntax: Syntax
    roles: tuple[str, ...]
    name: re.Pattern[str]
    """What a prompt may be called there, after `rename`."""
    pointer: re.Pattern[str]
    """What an environment's label or tag may be called."""
    words: str
    """What both may hold, in words."""
    reserved: frozenset[str] = frozenset()
    """Labels that the registry sets itself."""
    rename: Callable[[str], str] = str
    """From a prompt_id to what the registry allows."""

    @property
    def service(self) -> str:
        return self.syntax.service


def without_dots(prompt_id: str) -> str:
    return prompt_id.replace(".", "-")


def problems_of(export: Export, rules: Rules, name: str) -> Iterator[str]:
    """Why a registry with these rules cannot hold it, each one line with what to do."""
    prompt = export.prompt
    assert prompt is not None
    service = rules.service
    for part in sorted(set(prompt.behaviour()) - _HELD):
        yield f"{service} has no place for the prompt's {part}: write it into the messages"
    for index, message in enumerate(prompt.messages, 1):
        if message.role != SLOT and message.role not in rules.roles:
            yield (
                f"message {index} has the role {message.role}, which {service} does not take:"
                f" use {', '.join(rules.roles)}"
            )
        elif message.role != SLOT:
            yield from _template_problems(message, prompt, rules)
    for item in prompt.inputs:
        if item.kind not in _AS_TEXT and item.name not in _slots(prompt):
            kind = f"{item.name}, of the kind {item.kind}"
            yield f"{service} has no place for {kind}: pass it as text"
    yield from _name_problems(export, rules, name)
    try:
        stored = [settings_of(prompt), note_of(export)]
    except WorkbenchError as error:
        yield str(error)
        return
    texts = [*stored, [message.content for message in prompt.messages]]
    for problem in dict.fromkeys(one for part in texts for one in _unstorable(part)):
        yield f"{service} cannot hold {problem}"


def losses_of(export: Export, rules: Rules, name: str) -> Iterator[Loss]:
    """What every registry of this kind cannot hold."""
    prompt = export.prompt
    assert prompt is not None
    service = rules.service
    if name != prompt.prompt_id:
        yield Loss(f"the name {prompt.prompt_id}", f"it is {name} there")
    if is_written_out(prompt):
        yield Loss(
            "comments, raw blocks and trimmed blanks of templates", "the text that they make"
        )
    yield from losses_of_inputs(prompt)
    placed = _slots(prompt)
    other = [i.name for i in prompt.inputs if i.kind != "string" and i.name not in placed]
    if other:
        yield Loss(f"how {', '.join(other)} become text", f"apps pass text to {service}")
    if export.approved and export.approved.status.evaluation:
        yield Loss("the scores by case", "the evidence in short is in the metadata")


def _slots(prompt: Prompt) -> frozenset[str]:
    """The inputs whose messages stand between the prompt's."""
    return frozenset(message.content for message in prompt.messages if message.role == SLOT)


def _template_problems(message: Message, prompt: Prompt, rules: Rules) -> Iterator[str]:
    for problem in converted(message.content, prompt.template_format, rules.syntax)[1]:
        yield (
            f"line {problem.line} of the {message.role} message: {problem.what},"
            f" and {rules.service} only fills in variables: {problem.remedy}"
        )


def _name_problems(export: Export, rules: Rules, name: str) -> Iterator[str]:
    assert export.prompt is not None
    service, words = rules.service, rules.words
    if not rules.name.fullmatch(name):
        yield f"{service} allows no prompt called {name!r}: it takes {words}"
    for other in (summary.prompt_id for summary in export.registry.prompts()):
        if other != export.prompt.prompt_id and rules.rename(other) == rules.rename(
            export.prompt.prompt_id
        ):
            yield f"{other} would be {name} at {service} too: register one under another name"
    for environment in export.environments:
        if environment in rules.reserved or not rules.pointer.fullmatch(environment):
            yield (
                f"{service} allows no label {environment!r} for the environment: it takes {words}"
            )


def _unstorable(value: Any) -> Iterator[str]:
    """What JSON databases and JavaScript change or refuse."""
    if isinstance(value, str):
        if "\x00" in value:
            yield "a NUL character in a text: remove it"
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            yield "half of a surrogate pair in a text: correct the text"
    elif isinstance(value, bool):
        return
    elif isinstance(value, int) and abs(value) > EXACT:
        yield f"the number {value} exactly: write it smaller, or as a text"
    elif isinstance(value, float) and not math.isfinite(value):
        yield f"the number {value}: leave it out"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _unstorable(str(key))
            yield from _unstorable(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _unstorable(item)
