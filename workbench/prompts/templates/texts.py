"""Values as text: what printing them gives, with the size checked before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.json_text import dumps
from workbench.prompts.templates.metering import check, current
from workbench.prompts.templates.printing import json_text

MAX_REPEAT = 100_000
_CONTAINERS = (list, tuple, Mapping)
PRINTS = frozenset(
    {"capitalize", "center", "e", "escape", "forceescape", "format", "indent", "lower", "replace"}
    | {"string", "striptags", "title", "trim", "truncate", "upper", "wordcount", "wordwrap"}
)
"""Filters that make text of their arguments."""


def text_of(value: Any) -> str:
    """A value as it is printed. Raises SecurityError when it would be too long."""
    if isinstance(value, str):
        return value
    if current().prints_json and isinstance(value, _CONTAINERS):
        check_json(value)
        return json_text(value)
    current().make(current().show(value))
    return str(value)


def printable(value: Any) -> Any:
    """A list or mapping as it is printed; any other value itself."""
    return text_of(value) if isinstance(value, _CONTAINERS) else value


def filled(pattern: str, values: Any) -> Any:
    """The right side of `pattern % values`, with lists and mappings in it as they are printed."""
    if isinstance(values, tuple):
        return tuple(map(printable, values))
    if isinstance(values, Mapping) and "%(" in pattern:
        return {key: printable(value) for key, value in values.items()}
    return printable(values) if "%" in pattern else values


def check_json(value: Any, indent: Any = None) -> None:
    """Check the JSON text of a value before it is made. Raises SecurityError."""
    meter = current()
    size = meter.show(value, dumps)
    if indent is not None:
        wide = len(indent) if isinstance(indent, str) else int(indent)
        check(wide, MAX_REPEAT)
        size += (size // 2 + 2) * (_depth(value) + 1) * max(0, wide)
    check(size)
    meter.make(2 * size)
    meter.spend(size // 8)


def _depth(value: Any) -> int:
    if isinstance(value, Mapping):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, (list, tuple)):
        return 1 + max(map(_depth, value), default=0)
    return 0
