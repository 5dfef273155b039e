"""The kinds of inputs, and what each of them needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

UNSUPPORTED = ("thread", "audio", "union")
"""Prompty's kinds that are not supported."""

IMAGE = "image"
FILE = "file"
MEDIA = (IMAGE, FILE)
"""Kinds whose values are files."""

_SHOWN_CHARS = 60


def _is_number(value: Any) -> bool:
    """Whether it is a real number of any library, but no boolean."""
    decimal = sys.modules.get("decimal")  # who has a Decimal has imported it
    is_decimal = decimal is not None and isinstance(value, decimal.Decimal)
    return (isinstance(value, Real) or is_decimal) and not isinstance(value, bool)


_FITS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, Integral) or (isinstance(value, float) and value.is_integer()))
    ),
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, Sequence) and not isinstance(value, (str, bytes)),
    "object": lambda value: isinstance(value, Mapping),
    "messages": lambda value: isinstance(value, (list, tuple)),
}
_FITS["float"] = _FITS["number"]

KINDS = (*_FITS, *MEDIA)
PART_KINDS = frozenset({"messages", *MEDIA})
"""Kinds whose values become messages, or parts of one, instead of text."""
NUMBERS = ("integer", "number", "float")
NEEDED = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "float": "a number",
    "array": "a JSON list",
    "object": "a JSON object",
    "messages": "a list of {role, content}",
}
"""What each kind needs; any value may be given as text."""


def fits(kind: str, value: Any) -> bool:
    """Whether a value is of that kind; true for unknown kinds."""
    return kind not in _FITS or _FITS[kind](value)


def is_typed(kind: str) -> bool:
    """Whether inputs of that kind are anything but text."""
    return kind in NEEDED


def shown(value: Any) -> str:
    """A value in a message about it, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 1]}…"
