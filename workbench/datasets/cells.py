"""Converts cells to values of an input's kind, or to the JSON that a scorer needs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from workbench.datasets.json_values import MAX_INTEGER, as_text, parse_json
from workbench.errors import DatasetError
from workbench.json_text import dumps, is_json_number, with_spelling
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.inputs.media import Attachment
from workbench.prompts.kinds import NEEDED, fits, is_typed, shown
from workbench.prompts.values import MESSAGES

_MAX_DIGITS = 20
"""Maximum characters of a signed 64-bit integer."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "false": False}


def typed(cell: str, kind: str) -> Any:
    """The value of a cell for an input of that kind; None for a blank cell.

    Raises DatasetError that says what is needed.
    """
    text = cell.strip()
    if not is_typed(kind):
        return str(cell)
    if not text:
        return None
    try:
        value = _parsed(text, kind)
    except DatasetError as error:
        reason = error.message.removeprefix(f"{kind}: ")
        raise DatasetError(f"{_misfit(cell, kind)}: {reason}") from error
    if not fits(kind, value):
        raise DatasetError(_misfit(cell, kind))
    return value


def _misfit(cell: str, kind: str) -> str:
    return f"is {shown(str(cell))}, and {NEEDED[kind]} is needed"


def json_of(value: Any) -> Any:
    """The value for a JSON scorer: a cell is parsed as JSON, other values are unchanged.

    Raises DatasetError for a cell that is not JSON.
    """
    if not isinstance(value, UntypedText):
        return with_numbers(value)
    text = value.strip()
    return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else parse_json(text, "expected")


def text_of(value: Any) -> str:
    """A value as an answer would write it; unquoted YAML scalars in a list or an object, such as
    1.50 or TRUE, become JSON numbers and literals.
    """
    return str(value) if isinstance(value, str) else dumps(value, literal=_plain)


def _plain(text: str) -> str | None:
    """The JSON text of an unquoted YAML scalar; None for a text."""
    scalar = _scalar(text) if isinstance(text, UntypedText) else None
    if scalar is None:
        return None
    return str(text) if is_json_number(text) else as_text(scalar)


def _scalar(text: str) -> bool | int | float | None:
    return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else _number(text)


def with_numbers(value: Any) -> Any:
    """The value, with unquoted YAML numbers and booleans as such, however they are spelled."""
    if isinstance(value, UntypedText):
        scalar = _scalar(value)
        return str(value) if scalar is None else scalar
    if isinstance(value, Mapping) and not isinstance(value, Attachment):
        return {key: with_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_numbers(item) for item in value]
    return value


def _parsed(text: str, kind: str) -> Any:
    """The value of a text, or the text itself if it is not of the kind. Raises DatasetError for
    invalid JSON and for a number beyond 64 bits.
    """
    if kind == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if kind in ("array", "object", MESSAGES):
        return parse_json(text, kind)
    number = _number(text)
    if number is None and _NUMBER.fullmatch(text):
        raise DatasetError("it takes more than 64 bits")
    if kind == "integer" and number is not None and float(number).is_integer():
        number = int(number)
    return text if number is None else number


def _number(text: str) -> int | float | None:
    if not _NUMBER.fullmatch(text):
        return None
    if text.lstrip("+-").isdigit():
        number = int(text) if len(text) <= _MAX_DIGITS else MAX_INTEGER
        return with_spelling(number, text) if -MAX_INTEGER <= number < MAX_INTEGER else None
    decimal = with_spelling(float(text), text)
    return decimal if math.isfinite(decimal) else None
