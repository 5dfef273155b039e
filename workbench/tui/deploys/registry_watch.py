"""Detects writes of other processes to the registry with one SQLite query."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from workbench.errors import RegistryError
from workbench.registry.storage.sqlite.opening import open_reader


class RegistryWatch:
    """Keeps one connection open: `data_version` changes only within a connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._known: tuple[object, ...] | None = None

    def changed(self) -> bool:
        """Whether the registry changed since the last call; the first call returns False.

        While the registry cannot be read it counts as unchanged; the next call sees the change.
        """
        try:
            mark = (*self._where(), self._version())
        except (OSError, sqlite3.Error, RegistryError):
            self.close()
            return False
        before, self._known = self._known, mark
        return before is not None and before != mark

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _where(self) -> tuple[int, int]:
        """Device and inode of the file: it may have been replaced."""
        if not self._path.exists():
            self.close()
            return (0, 0)
        stat = self._path.stat()
        file = (stat.st_dev, stat.st_ino)
        if file != self._file:
            self.close()
            self._file = file
        return file

    def _version(self) -> int:
        if not self._path.exists():
            return 0
        if self._connection is None:
            # No waiting for a lock: this runs on the event loop, and again soon.
            self._connection = open_reader(str(self._path), timeout=0)
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
