"""The digest that the ledger keeps of each row.

Not canonical JSON: apps check this digest when they load a prompt, and `json` would be most of
what such a process imports.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def _sha256_module() -> Any:
    """hashlib loads OpenSSL, 3 ms; CPython's own sha256 is a module by itself."""
    for name in ("_sha256", "_sha2", "hashlib"):
        try:
            return __import__(name)
        except ImportError:
            continue
    raise ImportError("this Python has no sha256")


sha256 = _sha256_module().sha256

GENESIS = "0" * 64
"""What the first record of a ledger follows."""

Column = str | int | float | None


def row_digest(kind: str, columns: Iterable[Column]) -> str:
    """sha256 (64 hex digits) of a row: each column with its type and its length in bytes.

    Raises ValueError on text that UTF-8 cannot hold.
    """
    state = sha256(_part(kind))
    for column in columns:
        state.update(_part(column))
    digest: str = state.hexdigest()
    return digest


def record_hash(seq: int, kind: str, at: str, actor: str, digest: str, previous: str) -> str:
    """sha256 of one ledger record: it covers the row and the record before."""
    return row_digest("ledger", (seq, kind, at, actor, digest, previous))


def _part(column: Column) -> bytes:
    if column is None:
        return b"n;"
    if isinstance(column, str):
        data = column.encode("utf-8")
        return b"s%d:" % len(data) + data + b";"
    if isinstance(column, float):
        data = column.hex().encode("ascii")
        return b"f%d:" % len(data) + data + b";"
    return b"i%d;" % column


def digest_of(
    kind: str, row: Mapping[str, Column], scores: Sequence[Mapping[str, Column]] = ()
) -> str:
    """The digest of a row with all its columns, and of its score rows in order."""
    columns: list[Column] = []
    for name in sorted(row):
        columns += (name, row[name])
    for score in scores:
        for name in sorted(score):
            if name != "evaluation":
                columns += (name, score[name])
    return row_digest(kind, columns)
