"""Which keys were seen and how often, in bounded memory."""

from __future__ import annotations

import sqlite3
from hashlib import blake2b

_DIGEST = 16
_CACHE_KB = 4_096


class SeenKeys:
    """Counts keys. Their digests lie in a private file of SQLite's, which disappears with it.

    To be used by one thread at a time.
    """

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KB}"):
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        self._connection.execute(
            "CREATE TABLE seen (key BLOB PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._connection.execute("BEGIN")

    def add(self, key: str | bytes) -> int:
        """Count the key; returns how often it was seen before."""
        row = self._connection.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
            " RETURNING times - 1",
            [_digest(key)],
        ).fetchone()
        return int(row[0])

    def times(self, key: str | bytes) -> int:
        """How often the key was seen."""
        row = self._connection.execute(
            "SELECT times FROM seen WHERE key = ?", [_digest(key)]
        ).fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()


def _digest(key: str | bytes) -> bytes:
    data = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    return blake2b(data, digest_size=_DIGEST).digest()
