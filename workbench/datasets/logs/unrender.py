"""Reads the inputs back from messages that a template gave."""

from __future__ import annotations

import re
from collections.abc import Mapping

from workbench.datasets.delimited import folded
from workbench.datasets.logs.spans import Messages
from workbench.prompts.values import SLOT, Prompt

_PLACE = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")


def unrendered(prompt: Prompt, messages: Messages) -> dict[str, str] | None:
    """The inputs with which the prompt gives these messages; None where its templates do more than
    place inputs, or do not give them.

    Where several readings are possible the shortest values come first. Takes time linear in the
    length of the messages times the number of places.
    """
    if prompt.examples or any(m.role == SLOT for m in prompt.messages):
        return None
    if [m.role for m in prompt.messages] != [role for role, _ in messages]:
        return None
    values: dict[str, str] = {}
    for template, (_, text) in zip(prompt.messages, messages, strict=True):
        read = _read(template.content, text)
        if read is None or any(values.get(name, value) != value for name, value in read.items()):
            return None
        values |= read
    return values


def _read(template: str, text: str) -> Mapping[str, str] | None:
    literals = _PLACE.split(folded(template).strip())
    names, literals = literals[1::2], literals[::2]
    if any(mark in literal for literal in literals for mark in ("{{", "{%", "{#")):
        return None
    rest = folded(text).strip()
    if not rest.startswith(literals[0]):
        return None
    rest = rest[len(literals[0]) :]
    values: dict[str, str] = {}
    for at, name in enumerate(names, 1):
        literal, is_last = literals[at], at == len(names)
        if is_last:
            end = len(rest) - len(literal) if rest.endswith(literal) else -1
        else:
            end = rest.find(literal)
        if end < 0 or values.get(name, rest[:end]) != rest[:end]:
            return None
        values[name] = rest[:end]
        rest = rest[end + len(literal) :]
    return values if names or not rest else None
