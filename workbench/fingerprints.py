"""The canonical form of what decides behaviour, and its sha256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.json_text import Written, marked, unmarked

SHOWN_DIGITS = 12

_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_LEAVES = frozenset({str, int, float, bool, type(None)})


def canonical_json(value: Any) -> str:
    """The one JSON text of `value`: keys sorted, no blanks, no NaN, text kept as it is, and so is
    the spelling of a number that was read from a dataset.

    Raises ValueError on NaN and infinities, TypeError on what JSON cannot hold.
    """
    return unmarked(_ENCODER.encode(_plain(value)))


def fingerprint(value: Any) -> str:
    """sha256 (64 hex digits) of the canonical form of `value`."""
    return _sha256(canonical_json(value))


def fingerprint_of_parsed(value: Any) -> str:
    """The same, in half the time, of what holds dicts with text keys only, as JSON gives them."""
    return _sha256(_ENCODER.encode(value))


def short(digest: str) -> str:
    """The first digits of a fingerprint, for people."""
    return digest[:SHOWN_DIGITS]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    if type(value) in _LEAVES:  # nearly all; isinstance(..., Mapping) is many times slower
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return marked(value) if isinstance(value, Written) else value
