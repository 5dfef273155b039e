"""The digest that the ledger keeps of each row.

Not canonical JSON: apps check this digest when they load a prompt, and `json` would be most of
what such a process imports.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any


def _own_sha256() -> Any:
    for name in ("_sha256", "_sha2", "hashlib"):
        try:
            return __import__(name).sha256
        except ImportError:
            continue
    raise ImportError("this Python has no sha256")


_OWN = _own_sha256()


def sha256(data: bytes) -> Any:
    """hashlib's is many times faster, but loads OpenSSL (3 ms): only where that is done already."""
    hashlib = sys.modules.get("hashlib")
    return (hashlib.sha256 if hashlib else _OWN)(data)


GENESIS = "0" * 64
"""What the first record of a ledger follows."""

Column = str | int | float | None

ADDED: Mapping[str, Mapping[str, Column]] = {
    "approval": {"rules": 0},
    "suite": {"contents": "", "reason": "", "removed": 0, "revision": 0},
    "environment": {"answers": "cached", "endpoints": "[]", "reason": "", "revision": 0},
    "deployment": {"loosened_by": None},
}
"""Columns that a later schema brought, with their defaults: absent where they say no more, so that
what was recorded before keeps its digest."""


def row_digest(kind: str, columns: Iterable[Column]) -> str:
    """sha256 (64 hex digits) of a row: types and lengths of all columns, then the columns.

    Raises ValueError on text that UTF-8 cannot hold.
    """
    texts, shape = [kind], []
    for column in columns:
        if isinstance(column, str):
            shape.append(f"s{len(column)}")
            texts.append(column)
        elif column is None:
            shape.append("n")
        elif isinstance(column, float):
            shape.append("f" + column.hex())
        else:
            shape.append(f"i{column}")
    texts.append(",".join(shape))
    digest: str = sha256("\n".join(texts).encode("utf-8")).hexdigest()
    return digest


def record_hash(seq: int, kind: str, at: str, actor: str, digest: str, previous: str) -> str:
    """sha256 of one ledger record: it covers the row and the record before."""
    return row_digest("ledger", (seq, kind, at, actor, digest, previous))


def digest_of(
    kind: str, row: Mapping[str, Column], scores: Sequence[Mapping[str, Column]] = ()
) -> str:
    """The digest of a row with all its columns, and of its score rows in order."""
    columns: list[Column] = []
    added = ADDED.get(kind, {})
    for name in sorted(row):
        if name in added and row[name] == added[name]:
            continue
        columns += (name, row[name])
    for score in scores:
        for name in sorted(score):
            if name != "evaluation":
                columns += (name, score[name])
    return row_digest(kind, columns)
