"""What a cell means: a value of the kind of an input, or the JSON that a scorer needs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from workbench.datasets.json_values import MAX_INTEGER, parse_json
from workbench.errors import DatasetError
from workbench.prompts.kinds import fits
from workbench.prompts.untyped import Untyped

_SHOWN_CHARS = 60
_MAX_DIGITS = 20
"""With a sign, of a whole number of 64 bits."""
_WANTED = {
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "float": "a number",
    "array": "a JSON list",
    "object": "a JSON object",
}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}


def is_typed(kind: str) -> bool:
    """Whether inputs of that kind hold anything but text."""
    return kind in _WANTED


def typed(cell: str, kind: str) -> Any:
    """The value that an input of that kind gets of a cell; None for a blank one, which gives none.

    Raises DatasetError that says what is needed.
    """
    text = cell.strip()
    if not is_typed(kind):
        return str(cell)
    if not text:
        return None
    value = _parsed(text, kind)
    if misfit(value, kind):
        raise DatasetError(misfit(str(cell), kind))
    return value


def misfit(value: Any, kind: str) -> str:
    """Why a value of a file that has types does not fit the kind, or nothing."""
    if value is None or not is_typed(kind) or fits(kind, value):
        return ""
    shown = repr(value)
    cut = shown if len(shown) <= _SHOWN_CHARS else f"{shown[: _SHOWN_CHARS - 1]}…"
    return f"is {cut}, and {_WANTED[kind]} is needed"


def json_of(value: Any) -> Any:
    """What a JSON scorer compares with: the value of a cell that holds JSON, any other as it is.

    Raises DatasetError for a cell that holds none.
    """
    if not isinstance(value, Untyped):
        return _numbers(value)
    text = value.strip()
    return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else parse_json(text, "expected")


def _numbers(value: Any) -> Any:
    """With plain YAML numbers as numbers, however they are written."""
    if isinstance(value, Untyped):
        number = _number(value)
        return str(value) if number is None else number
    if isinstance(value, Mapping):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_numbers(item) for item in value]
    return value


def _parsed(text: str, kind: str) -> Any:
    """None for what is no value of the kind."""
    if kind == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if kind in ("array", "object"):
        try:
            return parse_json(text, kind)
        except DatasetError:
            return text
    number = _number(text)
    if kind == "integer" and isinstance(number, float) and number.is_integer():
        number = int(number)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        number = int(text) if len(text) <= _MAX_DIGITS else MAX_INTEGER
        return number if -MAX_INTEGER <= number < MAX_INTEGER else None
    decimal = float(text)
    return decimal if math.isfinite(decimal) else None
