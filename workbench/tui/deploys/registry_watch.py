"""Notices that somebody else wrote into the registry, at the cost of one question to SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workbench.errors import RegistryError
from workbench.registry.storage.sqlite.opening import open_reader


class RegistryWatch:
    """One connection that stays open: only to such a one SQLite says that others committed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._known: tuple[object, ...] | None = None

    def changed(self) -> bool:
        """Whether it changed since the last call, by whomever; the first call says no.

        A registry that cannot be read right now has not changed: the next call sees it.
        """
        try:
            found = (*self._where(), self._version())
        except (OSError, sqlite3.Error, RegistryError):
            self.close()
            return False
        before, self._known = self._known, found
        return before is not None and before != found

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _where(self) -> tuple[int, int]:
        """The file; another one may have taken its place."""
        if not self._path.exists():
            self.close()
            return (0, 0)
        found = self._path.stat()
        file = (found.st_dev, found.st_ino)
        if file != self._file:
            self.close()
            self._file = file
        return file

    def _version(self) -> int:
        if not self._path.exists():
            return 0
        if self._connection is None:
            # No waiting for a lock here: this is asked on the loop, and soon again.
            self._connection = open_reader(str(self._path), timeout=0)
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
