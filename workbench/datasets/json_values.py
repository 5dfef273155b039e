"""Strict JSON: no duplicate keys, no NaN, and numbers keep their spelling."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from workbench.errors import DatasetError
from workbench.json_text import dumps, loads

MAX_DEPTH = 64
MAX_INTEGER = 2**63


def parse_json(text: str, where: str) -> Any:
    """Parse JSON without duplicate keys, NaN or infinities. Raises DatasetError."""
    try:
        return loads(text, object_pairs_hook=unique_keys, parse_constant=_refused)
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
    """A value as an answer and its file would write it: `true`, not `True`; 1.50."""
    return str(value) if isinstance(value, str) else dumps(value, default=str)


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of these pairs. Raises DatasetError for a duplicate key."""
    row = dict(pairs)
    if len(row) != len(pairs):
        counts = Counter(key for key, _ in pairs)  # `list.count` for each would take hours
        twice = next(name for name, count in counts.items() if count > 1)
        raise DatasetError(f"the key {twice!r} stands twice")
    return row


def _refused(constant: str) -> Any:
    raise DatasetError(f"{constant} is refused")
