"""JSON beyond the standard library: numbers that keep their spelling (1.50, 1e3, -0), and paths
into values (`$.a.b[0]['c d']`, the leading `$` may be left out).
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_MARK = os.urandom(16).hex()
"""Prefix of a text that is replaced by a literal in the JSON text; random, so unguessable."""
_MARKED = re.compile(f'"{_MARK}([^"]*)"')
_STEP = re.compile(
    r"\.?(?P<name>[^.\[\]\s'\"]+)|\[(?P<index>-?[0-9]+)\]|\[(?P<quote>['\"])(?P<key>.*?)(?P=quote)\]"
)

Steps = tuple[str | int, ...]
EXAMPLE = "answer.items[0]['a key']"


class SpelledNumber:
    """A number whose spelling in its file differs from Python's: it has its numeric value, and
    prints as it was spelled.
    """

    _written: str

    def __repr__(self) -> str:
        return self._written

    __str__ = __repr__


class _SpelledFloat(SpelledNumber, float):
    pass


class _SpelledInt(SpelledNumber, int):
    pass


def with_spelling(number: int | float, text: str) -> int | float:
    """The number, with its spelling in a file."""
    if repr(number) == text:
        return number
    made = _SpelledInt(number) if isinstance(number, int) else _SpelledFloat(number)
    made._written = text
    return made


def is_json_number(text: str) -> bool:
    return _JSON_NUMBER.fullmatch(text) is not None


def without_spelling(value: Any) -> Any:
    """The value with plain numbers: 1.50 becomes 1.5."""
    if isinstance(value, SpelledNumber):
        return _plain(value)
    if isinstance(value, Mapping):
        return {key: without_spelling(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_spelling(item) for item in value]
    return value


def has_spelling(value: Any) -> bool:
    """Whether it contains a number with a spelling of its own."""
    if isinstance(value, Mapping):
        return any(map(has_spelling, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(has_spelling, value))
    return isinstance(value, SpelledNumber)


def _plain(number: Any) -> int | float:
    return int(number) if isinstance(number, int) else float(number)


def marked(number: SpelledNumber) -> Any:
    """A placeholder for the number, which `unmarked` replaces by its spelling in the JSON text.

    Spellings that are not JSON, such as +.5 in YAML, are converted.
    """
    text = str(number)
    return _MARK + text if is_json_number(text) else _plain(number)


def unmarked(text: str) -> str:
    """The JSON text with the placeholders of `marked` replaced by the numbers' spellings."""
    return _MARKED.sub(r"\1", text) if _MARK in text else text


def loads(text: str, **options: Any) -> Any:
    """`json.loads` with numbers that keep their spelling."""
    # A decoder is kept: to make one costs as much as to read a line.
    return _decoder("-0" in text, **options).decode(text)


@functools.cache
def _decoder(has_minus_zero: bool, **options: Any) -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=lambda digits: with_spelling(float(digits), digits),
        # The only JSON integer that Python prints differently.
        parse_int=(lambda digits: with_spelling(int(digits), digits)) if has_minus_zero else None,
        **options,
    )


def dumps(
    value: Any, *, literal: Callable[[str], str | None] = lambda _text: None, **options: Any
) -> str:
    """`json.dumps` with numbers as they were spelled, and without escapes for UTF-8.

    `literal` may return a JSON literal to replace a text.
    """

    def mark(item: Any) -> Any:
        if isinstance(item, SpelledNumber):
            return marked(item)
        if isinstance(item, str):
            stands = literal(item)
            return item if stands is None else _MARK + stands
        if isinstance(item, Mapping):
            return {key: mark(part) for key, part in item.items()}
        return [mark(part) for part in item] if isinstance(item, (list, tuple)) else item

    return unmarked(json.dumps(mark(value), ensure_ascii=False, **options))


def read_path(path: str) -> Steps:
    """The keys and indices of a path. Raises ValueError when it cannot be read."""
    rest, steps = path.strip().removeprefix("$"), list[str | int]()
    while rest:
        match = _STEP.match(rest)
        if match is None:
            raise ValueError(f"cannot read {path!r}")
        steps.append(int(match["index"]) if match["index"] else match["name"] or match["key"])
        rest = rest[match.end() :]
    return tuple(steps)


def value_at(value: Any, steps: Steps) -> Any:
    """What stands at the path; None for null, and where nothing stands."""
    for step in steps:
        try:
            value = value[step] if isinstance(value, (dict, list)) else None  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return value
