"""The kinds of inputs, and checks of values against them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

UNSUPPORTED = ("thread", "image", "file", "audio", "union", "messages")
"""Prompty's kinds that are not supported, since they are not text."""

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
}
_FITS["float"] = _FITS["number"]

KINDS = tuple(_FITS)


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of that kind; true for unknown kinds."""
    return kind not in _FITS or _FITS[kind](value)
