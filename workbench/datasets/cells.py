"""What a cell means: a value of the kind of an input, or the JSON that a scorer needs."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from workbench.datasets.json_values import MAX_INTEGER, as_text, parse_json
from workbench.errors import DatasetError
from workbench.json_text import as_written, dumps, is_json_number
from workbench.prompts.files.untyped import Untyped
from workbench.prompts.kinds import fits

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
    try:
        value = _parsed(text, kind)
    except DatasetError as error:
        reason = error.message.removeprefix(f"{kind}: ")
        raise DatasetError(f"{misfit(str(cell), kind)}: {reason}") from error
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
        return with_numbers(value)
    text = value.strip()
    return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else parse_json(text, "expected")


def text_of(value: Any) -> str:
    """A value as an answer would write it; what YAML writes plainly in a list or an object, such
    as 1.50 or TRUE, is the number or the word of JSON there.
    """
    return str(value) if isinstance(value, str) else dumps(value, literal=_plain)


def _plain(text: str) -> str | None:
    """What stands in JSON for a scalar that YAML writes without quotes; None for a text."""
    found = _scalar(text) if isinstance(text, Untyped) else None
    if found is None:
        return None
    return str(text) if is_json_number(text) else as_text(found)


def _scalar(text: str) -> bool | int | float | None:
    return _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else _number(text)


def with_numbers(value: Any) -> Any:
    """With plain YAML numbers and booleans as such, however they are written."""
    if isinstance(value, Untyped):
        found = _scalar(value)
        return str(value) if found is None else found
    if isinstance(value, Mapping):
        return {key: with_numbers(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [with_numbers(item) for item in value]
    return value


def _parsed(text: str, kind: str) -> Any:
    """The text itself where it is no value of the kind. Raises DatasetError for bad JSON, and for
    a number that is too large.
    """
    if kind == "boolean":
        return _BOOLEANS.get(text.lower(), text)
    if kind in ("array", "object"):
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
        return as_written(number, text) if -MAX_INTEGER <= number < MAX_INTEGER else None
    decimal = as_written(float(text), text)
    return decimal if math.isfinite(decimal) else None
