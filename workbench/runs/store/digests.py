"""A digest beside each stored answer and result: whoever edits runs.db in passing is noticed.

Who edits the digest as well is not: only answers that are asked anew say nothing false then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

_DIGEST = 17
"""The column of `answers` that holds it; it covers those from 2 on to itself, and the key."""
_REALS = (4, 5, 8)
"""Latency, first token and cost: SQLite gives a whole number back as a fraction."""


def answer_digest(key: bytes | None, columns: Sequence[Any]) -> bytes:
    """sha256 of where an answer is found and of its columns from `outcome` to `answered_at`."""
    values = [
        float(value) if at in _REALS and value is not None else value
        for at, value in enumerate(columns)
    ]
    return _sha256([key.hex() if key else None, *values])


def result_digest(
    run: int, case_id: str, repeat: int, answer: int, cached: int, failed: int, scores: str
) -> bytes:
    """sha256 of a row of `results` behind its id."""
    return _sha256([run, case_id, repeat, answer, cached, failed, scores])


def is_answer_altered(row: Sequence[Any]) -> bool:
    """Whether a whole row of `answers` is not what was stored; so is one that was forgotten."""
    return bool(row[_DIGEST] != answer_digest(row[1], row[2:_DIGEST]))


def _sha256(values: list[Any]) -> bytes:
    return hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).digest()
