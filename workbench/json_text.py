"""JSON in which a number stands as it was written: 1.50, 1e3, -0."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MARK = os.urandom(16).hex()
"""Begins a text that becomes a literal once everything is JSON; no input can know it."""
_MARKED = re.compile(f'"{_MARK}([^"]*)"')


class Written:
    """A number that Python would print otherwise than its file says it: it counts as the number
    that it is, and prints as it was written.
    """

    _written: str

    def __repr__(self) -> str:
        return self._written

    __str__ = __repr__


class _WrittenFloat(Written, float):
    pass


class _WrittenInt(Written, int):
    pass


def as_written(number: int | float, text: str) -> int | float:
    """The number, which keeps the spelling by which a file says it."""
    if repr(number) == text:
        return number
    made = _WrittenInt(number) if isinstance(number, int) else _WrittenFloat(number)
    made._written = text
    return made


def is_json_number(text: str) -> bool:
    return _JSON_NUMBER.fullmatch(text) is not None


def without_spelling(value: Any) -> Any:
    """The same value with plain numbers: 1.50 is 1.5."""
    if isinstance(value, Written):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: without_spelling(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_spelling(item) for item in value]
    return value


def has_spelling(value: Any) -> bool:
    """Whether there is a number in it that does not print as Python would."""
    if isinstance(value, Mapping):
        return any(map(has_spelling, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(has_spelling, value))
    return isinstance(value, Written)


def _plain(number: Any) -> int | float:
    return int(number) if isinstance(number, int) else float(number)


def marked(number: Written) -> Any:
    """What stands for the number until `unmarked` puts its spelling into the JSON text. What only
    YAML or a cell may write, such as +.5, is written as JSON would.
    """
    text = str(number)
    return _MARK + text if is_json_number(text) else _plain(number)


def unmarked(text: str) -> str:
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def loads(text: str, **options: Any) -> Any:
    """`json.loads` with numbers that keep their spelling."""
    return json.loads(
        text,
        parse_float=lambda digits: as_written(float(digits), digits),
        # The one whole number of JSON that Python prints otherwise.
        parse_int=(lambda digits: as_written(int(digits), digits)) if "-0" in text else None,
        **options,
    )


def dumps(
    value: Any, *, literal: Callable[[str], str | None] = lambda _text: None, **options: Any
) -> str:
    """`json.dumps` with numbers as they were written, and with UTF-8 left as it is.

    `literal` may say what stands for a text, without quotes.
    """

    def mark(item: Any) -> Any:
        if isinstance(item, Written):
            return marked(item)
        if isinstance(item, str):
            stands = literal(item)
            return item if stands is None else _MARK + stands
        if isinstance(item, Mapping):
            return {key: mark(part) for key, part in item.items()}
        return [mark(part) for part in item] if isinstance(item, (list, tuple)) else item

    return unmarked(json.dumps(mark(value), ensure_ascii=False, **options))
