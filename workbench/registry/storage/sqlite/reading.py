"""Reads for people and tools: a connection of their own, and one snapshot per query."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator

from workbench.errors import OlderSchema, RegistryError
from workbench.registry.storage.sqlite.opening import explained, is_outdated, open_reader

READ_TIMEOUT_S = 5.0


class Reading:
    """Opens the file read-only when first asked, and again when it was replaced."""

    def __init__(
        self, path: str, bring_up: Callable[[], None], check_there: Callable[[str], os.stat_result]
    ) -> None:
        """`bring_up` is called when the file is of an earlier release, `check_there` before each
        question.
        """
        self.path = path
        self._bring_up = bring_up
        self._check_there = check_there
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        self._file = (0, 0)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """All reads inside see one state. Raises RegistryError as a sentence."""
        with self._lock:
            connection = self._open()
            try:
                connection.execute("BEGIN")
                try:
                    yield connection
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
            except UnicodeEncodeError as error:
                raise RegistryError(
                    "a name holds half of a surrogate pair", hint="check what was asked for"
                ) from error

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        status = self._check_there(self.path)
        file = (status.st_dev, status.st_ino)
        if self._connection is not None and self._owner == os.getpid():
            if file == self._file and not is_outdated(self._connection, status, self.path):
                return self._connection
            self._connection.close()
        try:
            self._connection = open_reader(self.path, timeout=READ_TIMEOUT_S, trusted=True)
        except OlderSchema:
            self._bring_up()
            self._connection = open_reader(self.path, timeout=READ_TIMEOUT_S, trusted=True)
        self._owner, self._file = os.getpid(), file
        return self._connection
