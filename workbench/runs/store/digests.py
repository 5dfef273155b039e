"""A digest for each stored answer and result, to detect edits of runs.db.

This detects careless edits, not somebody who recomputes the digests too: against that only fresh
answers help.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

_DIGEST = 17
"""Index of the digest column in `answers`; the digest covers columns 2 up to it, and the key."""
_REALS = (4, 5, 8)
"""Indexes of latency, first token and cost: SQLite returns integers in REAL columns as floats."""


def answer_digest(key: bytes | None, columns: Sequence[Any]) -> bytes:
    """sha256 of an answer's cache key and of its columns from `outcome` to `answered_at`."""
    values = [
        float(value) if at in _REALS and value is not None else value
        for at, value in enumerate(columns)
    ]
    return _sha256([key.hex() if key else None, *values])


def result_digest(
    run: int, case_id: str, repeat: int, answer: int, cached: int, failed: int, scores: str
) -> bytes:
    """sha256 of a row of `results` without its id."""
    return _sha256([run, case_id, repeat, answer, cached, failed, scores])


def is_answer_altered(row: Sequence[Any]) -> bool:
    """Whether a full row of `answers` differs from what was stored; true for forgotten ones."""
    return bool(row[_DIGEST] != answer_digest(row[1], row[2:_DIGEST]))


_ENCODED = json.JSONEncoder(separators=(",", ":")).encode  # `json.dumps` would make one each time


def _sha256(values: list[Any]) -> bytes:
    return hashlib.sha256(_ENCODED(values).encode()).digest()
