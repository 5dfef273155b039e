"""The open file: notices when it is replaced, and bounds every read in time."""

from __future__ import annotations

import os
import sqlite3
from time import monotonic

from workbench.errors import RegistryError, RegistryLocked, RegistryUnusable
from workbench.registry.models.digest import Column
from workbench.registry.storage.sqlite.layout import SCHEMA_VERSION
from workbench.registry.storage.sqlite.opening import (
    check_there,
    explained,
    is_outdated,
    open_reader,
)

LONGEST_READ_S = 3.0
"""A longer read is interrupted: the file may have been built to take for ever."""
RETRY_AFTER_S = 1.0
"""Seconds for which a registry that was locked, or too slow, is not opened again."""
STAT_EVERY_S = 0.02
"""Seconds between two checks whether another file took the place of this one."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_OPERATIONS = 100_000
"""Steps of SQLite's virtual machine between two checks of the deadline; a few milliseconds."""

_TABLES = ("deployments", "evaluations", "ledger", "revocations", "versions")
_REAL_TABLES = f"""SELECT count(*) FROM sqlite_master WHERE type = 'table' AND rootpage > 0
AND name IN ({", ".join(f"'{name}'" for name in _TABLES)})"""  # noqa: S608 - names from above


class Connection:
    """One connection to a registry that may be replaced, locked or damaged at any time."""

    def __init__(self, path: str, there: Callable[[str], os.stat_result] = check_there) -> None:
        """`there` returns the file's status from the file system, or raises RegistryError."""
        self.path = path
        self._check_there = there
        self.cursor: sqlite3.Cursor | None = None
        self.next_stat = 0.0
        """Monotonic time of the next check of the file's status."""
        self.data_version = -1
        """SQLite's data_version at the last read."""
        self.generation = 0
        """Increases with every change that was noticed."""
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._opened = self._deadline = 0.0
        self._left_alone: RegistryError | None = None
        self._left_alone_until = 0.0

    def ensure_current(self) -> sqlite3.Cursor:
        """Open the file, or open it again when it was replaced.

        Raises sqlite3.Error and RegistryError, as `open_reader` does.
        """
        try:
            status = self._check_there(self.path)
        except RegistryError:
            self.close()
            raise
        if (
            self.cursor is None
            or (status.st_dev, status.st_ino) != self._file
            or is_outdated(self._connection, status, self.path)
        ):
            self.close()
            self._open(status)
        self.next_stat = monotonic() + STAT_EVERY_S
        assert self.cursor is not None
        return self.cursor

    def notice_commit(self, data_version: int) -> None:
        """Handle a commit by another process. Raises RegistryUnusable when only newer programs may
        read the file now.
        """
        self.generation += 1
        self._deadline = monotonic() + LONGEST_READ_S
        schema = int((self.first("PRAGMA user_version", ()) or (0,))[0] or 0)
        if schema > SCHEMA_VERSION:
            raise RegistryUnusable(
                f"{self.path} needs a reader of schema {schema} now; this one knows"
                f" {SCHEMA_VERSION}",
                hint="upgrade prompt-workbench in this app",
            )
        self.data_version = data_version

    def first(self, sql: str, values: tuple[Column, ...]) -> tuple[Column, ...] | None:
        """The first row of an answer."""
        row: tuple[Column, ...] | None = self._execute(sql, values).fetchone()
        return row

    def row(self, sql: str, values: tuple[Column, ...]) -> dict[str, Column] | None:
        """The first row by the names of its columns."""
        cursor = self._execute(sql, values)
        row = cursor.fetchone()
        if row is None:
            return None
        return dict(zip([column[0] for column in cursor.description], row, strict=True))

    def rows(
        self, sql: str, values: tuple[Column, ...]
    ) -> tuple[list[str], list[tuple[Column, ...]]]:
        """The names of the columns and all rows."""
        cursor = self._execute(sql, values)
        return [column[0] for column in cursor.description], cursor.fetchall()

    def begin(self) -> None:
        """Start a snapshot: reads until `end` see one state, in a bounded time together."""
        self._deadline = monotonic() + LONGEST_READ_S
        self._execute("BEGIN", ())

    def end(self) -> None:
        """End the snapshot."""
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the connection; the next read opens it again."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self.cursor = None
        self.generation += 1

    def abandon(self) -> None:
        """Drop a parent process's connection, which must be neither used nor closed here."""
        _ORPHANS.append(self._connection)
        self._connection = self.cursor = None
        self.generation += 1

    def problem(self, error: Exception) -> RegistryError:
        """The RegistryError for any failure of a read."""
        problem = self._explained(error)
        if isinstance(error, sqlite3.OperationalError) and "interrupt" in str(error):
            problem = RegistryUnusable(
                f"{self.path} takes longer to read than {LONGEST_READ_S:.0f} s",
                hint="run workbench verify",
            )
            self._leave_alone(problem)
            self._close_quietly()
        elif type(error) is RegistryError or isinstance(problem, RegistryLocked):
            pass  # the file is sound
        elif monotonic() > self._opened + RETRY_AFTER_S:
            # SQLite's page cache would survive a repair that it did not notice.
            self._close_quietly()
        return problem

    def _explained(self, error: Exception) -> RegistryError:
        if isinstance(error, RegistryError):
            return error
        if isinstance(error, sqlite3.Error):
            return explained(error, self.path)
        if isinstance(error, OSError):
            return RegistryUnusable(f"{self.path}: {error}", hint="check the path")
        return RegistryUnusable(
            f"{self.path} cannot be read: {type(error).__name__}", hint="run workbench verify"
        )

    def _close_quietly(self) -> None:
        try:
            self.close()
        except sqlite3.Error:
            self.abandon()

    def _leave_alone(self, problem: RegistryError) -> None:
        self._left_alone, self._left_alone_until = problem, monotonic() + RETRY_AFTER_S

    def _open(self, status: os.stat_result) -> None:
        if self._left_alone is not None:
            if monotonic() < self._left_alone_until:
                raise self._left_alone
            self._left_alone = None
        self._opened = monotonic()
        self._deadline = self._opened + LONGEST_READ_S
        try:
            self._connection = open_reader(self.path)
        except RegistryLocked as error:
            self._leave_alone(error)
            raise
        self._connection.set_progress_handler(self._is_overdue, _OPERATIONS)
        self._file = (status.st_dev, status.st_ino)
        self.data_version = -1
        self.cursor = self._connection.cursor()
        if self.first(_REAL_TABLES, ()) != (len(_TABLES),):
            self.close()
            raise RegistryUnusable(
                f"{self.path} lacks a part of its schema", hint="run workbench verify"
            )

    def _is_overdue(self) -> bool:
        return monotonic() > self._deadline

    def _execute(self, sql: str, values: tuple[Column, ...]) -> sqlite3.Cursor:
        if self.cursor is None:
            raise RegistryUnusable(f"{self.path} is not open", hint="try again")
        return self.cursor.execute(sql, values)


_ORPHANS: list[sqlite3.Connection | None] = []
"""Connections of a parent process, kept so that nothing closes them here."""
