"""The kinds of inputs, and checks of values against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

UNSUPPORTED = ("thread", "audio", "union")
"""Prompty's kinds that are not supported."""

_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
    "number": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, (list, tuple)),
    "object": lambda value: isinstance(value, Mapping),
    "messages": lambda value: (
        isinstance(value, (list, tuple)) and all(isinstance(item, Mapping) for item in value)
    ),
    "image": lambda value: isinstance(value, str),
    "file": lambda value: isinstance(value, str),
}
_FITS["float"] = _FITS["number"]

KINDS = tuple(_FITS)
PART_KINDS = frozenset({"messages", "image", "file"})
"""Kinds whose values become messages, or parts of one, instead of text."""


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of that kind; true for unknown kinds."""
    return kind not in _FITS or _FITS[kind](value)
