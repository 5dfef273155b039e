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


_begin = _own_sha256()().copy
"""A copy of a new hash takes a fraction of the time in which OpenSSL makes one."""
_is_fast = False


def sha256(data: bytes) -> Any:
    """hashlib's is many times faster, but loads OpenSSL (3 ms): only where that is done already."""
    global _begin, _is_fast
    if not _is_fast and "hashlib" in sys.modules:
        _begin, _is_fast = sys.modules["hashlib"].sha256().copy, True
    hashed = _begin()
    hashed.update(data)
    return hashed


GENESIS = "0" * 64
"""The previous hash of the first record."""

Column = str | int | float | None

ADDED: Mapping[str, Mapping[str, Column]] = {
    "approval": {"rules": 0},
    "suite": {"contents": "", "reason": "", "removed": 0, "revision": 0},
    "environment": {
        "answering_model": "any",
        "answers": "cached",
        "endpoints": "[]",
        "reason": "",
        "revision": 0,
    },
    "deployment": {"loosened_by": None, "revision": 0},
    "scores": {"tags": ""},
}
"""Columns that a later schema added, with their defaults: left out of the digest while they have
these, so that earlier records keep their digests.
"""

_NEVER = object()


def row_digest(kind: str, columns: Iterable[Column]) -> str:
    """sha256 (64 hex digits) of a row: types and lengths of all columns, then the columns.

    Raises ValueError on text that UTF-8 cannot hold.
    """
    texts, shape = [kind], list[str]()
    for column in columns:
        if column.__class__ is str:  # nearly all; here for speed
            texts.append(column)
            shape.append(f"s{len(column)}")
        else:
            _add(column, texts, shape)
    return _hashed(texts, shape)


def _add(column: Column, texts: list[str], shape: list[str]) -> None:
    if isinstance(column, str):
        shape.append(f"s{len(column)}")
        texts.append(column)
    elif column is None:
        shape.append("n")
    elif isinstance(column, float):
        shape.append("f" + column.hex())
    else:
        shape.append(f"i{column}")


def _hashed(texts: list[str], shape: list[str]) -> str:
    texts.append(",".join(shape))
    digest: str = sha256("\n".join(texts).encode("utf-8")).hexdigest()
    return digest


def record_hash(seq: int, kind: str, at: str, actor: str, digest: str, previous: str) -> str:
    """sha256 of one ledger record: it covers the row and the record before."""
    try:  # written out, because an audit computes it for every record
        text = (
            f"ledger\n{kind}\n{at}\n{actor}\n{digest}\n{previous}\ni{seq},s{len(kind)},s{len(at)},"
            f"s{len(actor)},s{len(digest)},s{len(previous)}"
        )
    except TypeError:  # a column without a value, in a table that was made by hand
        return row_digest("ledger", (seq, kind, at, actor, digest, previous))
    hashed: str = sha256(text.encode()).hexdigest()
    return hashed


def digest_of(
    kind: str, row: Mapping[str, Column], scores: Sequence[Mapping[str, Column]] = ()
) -> str:
    """The digest of a row with all its columns, and of its score rows in order."""
    texts, shape = [kind], list[str]()
    added = ADDED.get(kind)
    if added:
        row = {name: value for name, value in row.items() if value != added.get(name, _NEVER)}
    _add_row(row, texts, shape, _ordered(tuple(row)))
    untagged = ADDED["scores"]
    for score in scores:
        named = _ordered(tuple(score))
        _add_row(
            score,
            texts,
            shape,
            [
                pair
                for pair in named
                if pair[0] != "evaluation" and score[pair[0]] != untagged.get(pair[0], _NEVER)
            ],
        )
    return _hashed(texts, shape)


def _add_row(
    row: Mapping[str, Column],
    texts: list[str],
    shape: list[str],
    named: Iterable[tuple[str, str]],
) -> None:
    for name, length in named:
        column = row[name]
        texts.append(name)
        shape.append(length)
        if column.__class__ is str:  # nearly all; here for speed
            texts.append(column)
            shape.append(f"s{len(column)}")
        else:
            _add(column, texts, shape)


_ORDERED: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}


def _ordered(names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The columns in the order of the digest, each with its own part of the shape."""
    ordered = _ORDERED.get(names)
    if ordered is None:  # there are as many as there are tables
        ordered = _ORDERED[names] = tuple((name, f"s{len(name)}") for name in sorted(names))
    return ordered
