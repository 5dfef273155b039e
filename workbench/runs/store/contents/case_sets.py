"""The cases of a run: one content, or for a large run a list of contents with some cases each."""

from __future__ import annotations

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from workbench.fingerprints import canonical_json
from workbench.json_text import loads

_PARTS = "parts"


def packed(value: Any) -> tuple[str, bytes]:
    """The fingerprint of a plain value, and its compressed canonical JSON."""
    text = canonical_json(value).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest(), zlib.compress(text, 6)


def unpacked(body: bytes) -> Any:
    """The value in bytes made by `packed`."""
    return loads(zlib.decompress(body).decode("utf-8", "surrogatepass"))


def keep_content(connection: sqlite3.Connection, value: Any) -> str:
    """Store a content, inside a write transaction; returns its fingerprint."""
    digest, body = packed(value)
    connection.execute("INSERT OR IGNORE INTO contents VALUES (?, ?)", [digest, body])
    return digest


def content_of(connection: sqlite3.Connection, digest: str) -> Any:
    """The stored content of that fingerprint."""
    row = connection.execute("SELECT body FROM contents WHERE fingerprint = ?", [digest]).fetchone()
    return unpacked(row[0])


def keep_parts(connection: sqlite3.Connection, parts: Iterable[str]) -> str:
    """Store the list of contents that together are a run's cases; returns its fingerprint."""
    return keep_content(connection, {_PARTS: list(parts)})


def parts_of_set(connection: sqlite3.Connection, digest: str) -> list[str]:
    """The contents that hold the cases; none where the content itself does."""
    content = content_of(connection, digest)
    return list(content[_PARTS]) if isinstance(content, dict) else []


def contents_in(connection: sqlite3.Connection, digest: str) -> Iterator[Any]:
    """The contents of a run's cases, in their order."""
    content = content_of(connection, digest)
    if isinstance(content, dict):
        for part in content[_PARTS]:
            yield from content_of(connection, part)
    else:
        yield from content


def drop_set(connection: sqlite3.Connection, digest: str) -> None:
    """Delete a set that no run has any more, and its parts that no other set has."""
    parts = {*parts_of_set(connection, digest)}
    connection.execute("DELETE FROM contents WHERE fingerprint = ?", [digest])
    if parts:
        for (other,) in connection.execute("SELECT DISTINCT case_set FROM runs").fetchall():
            parts.difference_update(parts_of_set(connection, other))
        connection.executemany("DELETE FROM contents WHERE fingerprint = ?", [[p] for p in parts])
