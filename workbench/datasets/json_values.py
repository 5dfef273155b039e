"""JSON as people write it: no key twice, no NaN, and numbers that know how they are written."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Self

from workbench.errors import DatasetError

MAX_DEPTH = 64
MAX_INTEGER = 2**63


class WrittenFloat(float):
    """A number that Python would print otherwise than its file says it: 1.50, 1e3."""

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> Self:
        number = super().__new__(cls, written)
        number.written = written
        return number


def parse_json(text: str, where: str) -> Any:
    """JSON without duplicate keys, NaN or infinities. Raises DatasetError."""
    try:
        return json.loads(
            text, object_pairs_hook=unique_keys, parse_constant=_refused, parse_float=_decimal
        )
    except DatasetError as error:
        raise DatasetError(f"{where}: {error.message}") from error
    except json.JSONDecodeError as error:
        problem = f"{where}: column {error.colno}: {error.msg}"
        raise DatasetError(problem, hint="one JSON value, no comma after the last") from error
    except RecursionError as error:
        raise DatasetError(f"{where}: nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise DatasetError(f"{where}: a number with too many digits") from error


def as_text(value: Any) -> str:
    """A value as an answer would write it, and as its file does: `true`, not `True`; 1.50."""
    return str(value) if isinstance(value, str) else written(value)


def written(value: Any, plain: Callable[[str], str | None] = lambda _text: None) -> str:
    """JSON in which a number stands as it was written: 1.50 is compared as it stands.

    `plain` may say what stands for a text without quotes.
    """
    marked: dict[str, str] = {}

    def mark(item: Any) -> Any:
        stands = item.written if isinstance(item, WrittenFloat) else None
        if isinstance(item, str):
            stands = plain(item)
        if stands is not None:
            name = f"{uuid.uuid4()}"
            marked[f'"{name}"'] = stands
            return name
        if isinstance(item, Mapping):
            return {key: mark(part) for key, part in item.items()}
        return [mark(part) for part in item] if isinstance(item, (list, tuple)) else item

    text = json.dumps(mark(value), ensure_ascii=False)
    for name, stands in marked.items():
        text = text.replace(name, stands)
    return text


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these pairs. Raises DatasetError for a key that stands twice."""
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"the key {twice!r} stands twice")
    return row


def _decimal(text: str) -> float:
    number = float(text)
    return number if repr(number) == text else WrittenFloat(text)


def _refused(constant: str) -> Any:
    raise DatasetError(f"{constant} is refused")
