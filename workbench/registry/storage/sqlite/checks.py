"""`verify` on the file and its schema, and on what a damaged file raises."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import TypeVar

from workbench.registry.models.records import Finding
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.sqlite.migrations import expected_objects, objects_of
from workbench.registry.storage.sqlite.opening import open_reader
from workbench.registry.storage.sqlite.reading import READ_TIMEOUT_S

DatabaseError = sqlite3.OperationalError
"""Raised by a query that the database cannot answer."""

_MAPPED = 2**31 - 2**16
"""Bytes; as much as SQLite takes."""

_Result = TypeVar("_Result")


def missing_part(error: DatabaseError) -> str:
    """The name of the missing table or column, as a sentence; "" for any other error."""
    text = str(error)
    return text if text.startswith(("no such table", "no such column")) else ""


def with_undecodable_text(connection: Connection, audit: Callable[[], _Result]) -> _Result:
    """What `audit` returns. When a text is not UTF-8, it runs again with such bytes escaped, so
    that it can name the record.
    """
    try:
        return audit()
    except DatabaseError as error:
        if "decode" not in str(error) or not isinstance(connection, sqlite3.Connection):
            raise
    connection.text_factory = _escaped
    try:
        return audit()
    finally:
        connection.text_factory = str


def _escaped(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


def file_of(connection: Connection) -> str:
    """The path of the database, for `opened_again`; "" when it has no file."""
    for _, name, path in connection.execute("PRAGMA database_list").fetchall():
        if name == "main":
            return str(path)
    return ""


def opened_again(path: str) -> Connection:
    """A connection for a process of its own: it reads through memory, which ends the process when
    somebody truncates the file. Raises RegistryError.
    """
    connection = open_reader(path, timeout=READ_TIMEOUT_S, trusted=True)
    connection.execute(f"PRAGMA mmap_size={_MAPPED}")
    return connection


def check_file(connection: Connection) -> Iterator[Finding]:
    """SQLite's own checks of pages, indexes and foreign keys."""
    # The check looks at each cell itself; done twice, it takes half as long again.
    connection.execute("PRAGMA cell_size_check=OFF")
    try:
        answers = connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.execute("PRAGMA cell_size_check=ON")
    for (answer,) in answers:
        if answer != "ok":
            yield Finding(0, "file", str(answer))
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield Finding(0, table, f"row {rowid} points to nothing in {parent}")


def check_schema(connection: Connection) -> tuple[list[Finding], int]:
    """Every table, view, index and trigger is as this program makes it; and how many there are.

    By type and name: a trigger may have the name of a table. Names that begin with sqlite_ are
    SQLite's own only where it makes them; through PRAGMA writable_schema anybody does.
    """
    expected, actual = expected_objects(), objects_of(connection)
    problems = []
    for key in sorted(expected.keys() | actual.keys()):
        kind, name = key
        if key not in actual:
            problems.append(f"the {kind} {name} is missing")
        elif key not in expected:
            problems.append(f"the {kind} {name} does not belong here")
        elif actual[key] != expected[key]:
            problems.append(f"the {kind} {name} was changed")
    return [Finding(0, "schema", problem) for problem in problems], len(actual)
