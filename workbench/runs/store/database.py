"""The file runs.db: its tables and settings, and the only write transaction."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from workbench.errors import NotFound, UsageError
from workbench.lazy_imports import without
from workbench.links import link_in_the_way
from workbench.runs.store.digests import answer_digest, result_digest
from workbench.runs.store.migrations import MIGRATIONS
from workbench.runs.store.rows import is_misread

with without("pandas", "numpy"):
    from sqlite_utils import Database

APPLICATION_ID = 0x57425255  # "WBRU"
BUSY_S = 30.0
_MOST_LOG = 16 * 1024 * 1024
"""Bytes to which SQLite truncates the WAL after a checkpoint."""

SCHEMA_VERSION = len(MIGRATIONS)


def open_database(path: Path, create: bool, *, writes: bool = True) -> Database:
    """Open the database at `path` and migrate it; to be used from the opening thread only.

    With `writes` false it also opens where it cannot be written, as on a read-only file system.
    Raises NotFound when it does not exist and `create` is false; UsageError when it must be written
    and cannot be, or when the file belongs to another program or a newer version of this one.
    """
    there = path.exists()
    link = link_in_the_way(str(path.absolute()))
    if link and (writes or not there):
        raise UsageError(
            f"{link} is a symbolic link: runs are read through one, and never written",
            hint="remove the link",
        )
    if not create and not there:
        raise NotFound(f"no runs yet: {path} does not exist", hint="workbench run SUITE")
    if link or (there and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))):
        if writes:
            raise UsageError(
                f"runs cannot be stored: {path} cannot be written",
                hint="what is stored can be read; run where the workspace may be written",
            )
        return _open_to_read(path)
    try:
        _make_private(path)
        connection = sqlite3.connect(path, timeout=BUSY_S)
    except (sqlite3.Error, OSError) as error:
        raise UsageError(f"cannot open {path}: {error}", hint="may it be written?") from error
    try:
        database = Database(connection, execute_plugins=False)
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute(f"PRAGMA journal_size_limit={_MOST_LOG}").fetchall()
        _migrate(database, path)
        _add_functions(connection)
    except UsageError:
        connection.close()
        raise
    except sqlite3.DatabaseError as error:
        connection.close()
        raise UsageError(
            f"cannot open {path}: {error}", hint="move the file away to start a new one"
        ) from error
    return database


def _open_to_read(path: Path) -> Database:
    """Open the database where not even the WAL's shared memory can be written.

    With an empty WAL the file is complete, and SQLite can read it as immutable.
    """
    try:
        return _opened_to_read(path, "ro")
    except sqlite3.Error as error:
        problem = error
    log = path.with_name(f"{path.name}-wal")
    if not (log.exists() and log.stat().st_size):
        try:
            return _opened_to_read(path, "ro&immutable=1")
        except sqlite3.Error as error:
            problem = error
    raise UsageError(
        f"{path} cannot be read where it cannot be written: {problem}",
        hint="open it once where it may be written",
    )


def _opened_to_read(path: Path, mode: str) -> Database:
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=BUSY_S)
    try:
        database = Database(connection, execute_plugins=False)
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA query_only=ON")
        if _version(database, path) != SCHEMA_VERSION:
            raise UsageError(
                f"{path} has an older schema and cannot be written",
                hint="open it once where it may be written",
            )
        _add_functions(connection)
    except BaseException:
        connection.close()
        raise
    return database


def _add_functions(connection: sqlite3.Connection) -> None:
    connection.create_function("is_misread", 3, is_misread, deterministic=True)


def _make_private(path: Path) -> None:
    """Create the file readable by its user alone: it holds prompts and answers.

    An existing file is not touched: closing a second descriptor drops SQLite's POSIX locks.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


@contextmanager
def writing(database: Database) -> Iterator[None]:
    """One short write transaction; never held across a provider call or an await."""
    connection = database.conn
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _migrate(database: Database, path: Path) -> None:
    if _version(database, path) == SCHEMA_VERSION:
        return
    database.conn.create_function("answer_digest", -1, _answer_digest)
    database.conn.create_function("result_digest", 7, result_digest)
    with writing(database):
        for statements in MIGRATIONS[_version(database, path) :]:
            for statement in statements:
                database.conn.execute(statement)
        database.conn.execute(f"PRAGMA application_id={APPLICATION_ID}")
        database.conn.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _answer_digest(key: bytes | None, *columns: Any) -> bytes:
    return answer_digest(key, columns)


def _version(database: Database, path: Path) -> int:
    """The schema's version; 0 for an empty file."""
    connection = database.conn
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application != APPLICATION_ID and tables:
        raise UsageError(f"{path} is not a run store", hint="move it away")
    if version > SCHEMA_VERSION:
        raise UsageError(
            f"{path} was written by a newer workbench (schema {version})", hint="update workbench"
        )
    return version
