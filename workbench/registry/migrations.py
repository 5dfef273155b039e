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
import uuid
from typing import TYPE_CHECKING

from workbench.errors import RegistryUnusable
from workbench.registry import clock
from workbench.registry.layout import APPLICATION_ID, SCHEMA_VERSION
from workbench.registry.schema import INDEXES, TABLES, VIEWS
from workbench.registry.triggers import triggers

if TYPE_CHECKING:
    from sqlite_utils.db import Database


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file to SCHEMA_VERSION; a file of the right version is not touched.

    Raises sqlite3.Error.
    """
    if _version(connection) == SCHEMA_VERSION and _application(connection) == APPLICATION_ID:
        return
    if 0 < _version(connection) < SCHEMA_VERSION:
        _backup(connection, path)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Again, now that nobody else can write: two processes may have come here at once.
        version = _version(connection)
        if version < SCHEMA_VERSION:
            _apply(connection)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
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
        _apply(connection, first=False)
        return schema_of(connection)
    finally:
        connection.close()


def schema_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Name to DDL of everything in the file."""
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {name: " ".join(sql.split()) for name, sql in rows}


def _apply(connection: sqlite3.Connection, *, first: bool = True) -> None:
    from sqlite_utils.db import Database
    from sqlite_utils.migrations import Migrations

    steps = Migrations("workbench.registry")
    for step in (_tables_and_triggers,):
        steps(name=step.__name__.strip("_"))(step)
    database = Database(connection, execute_plugins=False)
    steps.apply(database)
    if first and connection.execute("SELECT count(*) FROM ledger").fetchone()[0] == 0:
        _begin_ledger(connection)


def _tables_and_triggers(database: Database) -> None:
    connection = database.conn
    for statement in (*TABLES.values(), *INDEXES, *VIEWS.values(), *triggers()):
        connection.execute(statement)


def _begin_ledger(connection: sqlite3.Connection) -> None:
    from workbench.registry.environments import default_rows
    from workbench.registry.writing import Transaction

    transaction = Transaction(connection)
    actor = "workbench"
    transaction.append("registry", actor, {"registry_id": uuid.uuid4().hex})
    for row in default_rows():
        transaction.append("environment", actor, row)


def _backup(connection: sqlite3.Connection, path: str) -> None:
    stamp = clock.now().replace(":", "").replace("-", "")[:15]
    target = f"{path}.before-schema-{SCHEMA_VERSION}-{stamp}.{os.getpid()}.bak"
    connection.execute("VACUUM INTO ?", (target,))
    os.chmod(target, 0o600)


def refuse_foreign(connection: sqlite3.Connection, path: str) -> None:
    """Raises RegistryUnusable unless the file is a registry or empty."""
    application = _application(connection)
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application == APPLICATION_ID or (application == 0 and empty):
        return
    raise RegistryUnusable(
        f"{path} is a database of another program, not a registry",
        hint="give the path of a registry.db",
    )


def _application(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
