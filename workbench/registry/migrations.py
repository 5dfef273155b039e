"""From an older schema to the newest: all steps in one transaction, after a backup.

The steps are sqlite-utils migrations; each runs inside our own BEGIN IMMEDIATE as a savepoint,
so a kill at any moment leaves the old schema or the new one, and a second process that waited
for the lock finds nothing left to do.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH101
from __future__ import annotations

import functools
import os
import sqlite3
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from workbench.errors import RegistryUnusable
from workbench.registry import clock
from workbench.registry.layout import APPLICATION_ID, SCHEMA_VERSION
from workbench.registry.schema import INDEXES, TABLES, VIEWS
from workbench.registry.triggers import triggers

if TYPE_CHECKING:
    from sqlite_utils.db import Database


_NO_PUNCTUATION = str.maketrans("", "", ":-.")


def migrate(connection: sqlite3.Connection, path: str, steps: Sequence[Step] | None = None) -> None:
    """Apply the steps that the file lacks; a file that lacks none is not touched.

    Raises sqlite3.Error.
    """
    steps = STEPS if steps is None else steps
    wanted = len(steps)
    before = _version(connection)
    if before >= wanted and _application(connection) == APPLICATION_ID:
        return
    if before > 0:
        _backup(connection, path, wanted)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Again, now that nobody else can write: two processes may have come here at once.
        if _version(connection) < wanted:
            _apply(connection, steps)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={wanted}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@functools.cache
def expected_schema() -> dict[str, str]:
    """Name to DDL of all that a registry of this version holds."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute("BEGIN")
        _apply(connection, STEPS, first=False)
        return schema_of(connection)
    finally:
        connection.close()


def schema_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Name to DDL of everything in the file."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in rows}


def _apply(connection: sqlite3.Connection, steps: Sequence[Step], *, first: bool = True) -> None:
    from sqlite_utils.db import Database
    from sqlite_utils.migrations import Migrations

    known = Migrations("workbench.registry")
    for step in steps:
        known(name=step.__name__)(step)
    known.apply(Database(connection, execute_plugins=False))
    if first and connection.execute("SELECT count(*) FROM ledger").fetchone()[0] == 0:
        _begin_ledger(connection)


def first_schema(database: Database) -> None:
    """Step 1: all tables, indexes, views and triggers."""
    for statement in (*TABLES.values(), *INDEXES, *VIEWS.values(), *triggers()):
        database.conn.execute(statement)


def graded_gain(database: Database) -> None:
    """Step 2: the gate in the database adds up differences of graded scores, not their signs."""
    database.conn.execute("DROP VIEW sound_evaluations")
    database.conn.execute(VIEWS["sound_evaluations"])


def _begin_ledger(connection: sqlite3.Connection) -> None:
    from workbench.registry.environments import default_rows
    from workbench.registry.writing import Transaction

    transaction = Transaction(connection)
    actor = "workbench"
    transaction.append("registry", actor, {"registry_id": uuid.uuid4().hex})
    for row in default_rows():
        transaction.append("environment", actor, row)


def _backup(connection: sqlite3.Connection, path: str, wanted: int) -> None:
    stamp = clock.now().translate(_NO_PUNCTUATION)
    target = f"{path}.before-schema-{wanted}-{stamp}-{threading.get_ident()}.bak"
    connection.execute("VACUUM INTO ?", (target,))
    os.chmod(target, 0o600)


def refuse_foreign(connection: sqlite3.Connection, path: str, *, may_be_empty: bool) -> None:
    """Raises RegistryUnusable unless the file is a registry, or may become one."""
    application = _application(connection)
    if application == APPLICATION_ID:
        return
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application == 0 and empty:
        if may_be_empty:
            return
        raise RegistryUnusable(f"{path} is empty", hint="workbench init makes a registry")
    raise RegistryUnusable(
        f"{path} is a database of another program, not a registry",
        hint="give the path of a registry.db",
    )


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


Step = Callable[["Database"], None]

STEPS: tuple[Step, ...] = (first_schema, graded_gain)
"""In order; never changed once released. Their number is the schema's version."""

if len(STEPS) != SCHEMA_VERSION:
    raise AssertionError("layout.SCHEMA_VERSION is the number of steps")
