"""From an older schema to the newest: all steps in one transaction, after a backup.

A step is a file of SQL, `m001_first_schema.sql` and so on, and never changes once released: a new
registry goes through the same steps as an old one. `python scripts/freeze_migration.py NAME`
writes the next one from what schema.py, views.py and triggers.py say now. A step only adds; see
layout.py for what older programs may still do with the file.

The steps are sqlite-utils migrations; each runs inside our own BEGIN IMMEDIATE as a savepoint,
so a kill at any moment leaves the old schema or the new one, and a second process that waited
for the lock finds nothing left to do.
"""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH101
from __future__ import annotations

import functools
import os
import re
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import RegistryUnusable
from workbench.lazy_imports import without
from workbench.registry.storage import clock
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.sqlite.layout import APPLICATION_ID, OLDEST_READER, SCHEMA_VERSION
from workbench.registry.storage.sqlite.opening import steps_in

if TYPE_CHECKING:
    from sqlite_utils.db import Database

    from workbench.registry.storage.ledger import Sign

Step = Callable[["Database"], None]

_NO_PUNCTUATION = str.maketrans("", "", ":-.")


def migrate(
    connection: sqlite3.Connection,
    path: str,
    steps: Sequence[Step] | None = None,
    *,
    sign: Sign | None = None,
) -> None:
    """Apply the steps that the file lacks; a file that lacks none is not touched.

    Raises sqlite3.Error, and RegistryUnusable when a newer program made further steps.
    """
    steps = STEPS if steps is None else steps
    wanted = len(steps)
    before = steps_in(connection)
    if before > wanted:
        raise RegistryUnusable(
            f"{path} was brought to schema {before} by a newer workbench; this one writes {wanted}",
            hint="upgrade prompt-workbench to write; what is live can still be read",
        )
    if before == wanted and _application(connection) == APPLICATION_ID:
        return
    if before > 0:
        _backup(connection, path, wanted)
    # A table that is made anew is dropped first, which would delete what refers to its rows.
    held = connection.execute("PRAGMA foreign_keys").fetchone()[0]
    connection.execute("PRAGMA foreign_keys=OFF")
    try:
        _migrate(connection, steps, sign)
    finally:
        connection.execute(f"PRAGMA foreign_keys={held}")


def _migrate(connection: sqlite3.Connection, steps: Sequence[Step], sign: Sign | None) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Again, now that nobody else can write: two processes may have come here at once.
        if steps_in(connection) < len(steps):
            _apply(connection, steps)
            if connection.execute("SELECT count(*) FROM ledger").fetchone()[0] == 0:
                _begin_ledger(connection, sign)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={OLDEST_READER}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def normalized(ddl: str) -> str:
    """DDL without the blanks that depend on how it was written: ALTER TABLE leaves its own."""
    return re.sub(r" ?([(),]) ?", r"\1", " ".join(ddl.split()))


Objects = dict[tuple[str, str], tuple[tuple[str, str | None], ...]]
"""(type, name) to table and DDL: one of each, unless somebody wrote into the schema by hand."""

_STATISTICS: Objects = {
    ("table", "sqlite_stat1"): (
        ("sqlite_stat1", normalized("CREATE TABLE sqlite_stat1(tbl,idx,stat)")),
    ),
    ("table", "sqlite_stat4"): (
        ("sqlite_stat4", normalized("CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)")),
    ),
}
"""What ANALYZE makes."""


@functools.cache
@functools.cache
def expected_objects() -> Objects:
    """All that a registry of this version holds. Not to be changed."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.execute("BEGIN")
        _apply(connection, STEPS)
        return objects_of(connection)
    finally:
        connection.close()


def objects_of(connection: Connection) -> Objects:
    """All that the file holds, but for what ANALYZE makes."""
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid")
    objects: Objects = {}
    for kind, name, table, sql in rows.fetchall():
        # Other versions of SQLite leave other blanks when they alter a table, and nowhere else.
        ddl = normalized(sql) if kind == "table" and sql is not None else sql
        objects[kind, name] = (*objects.get((kind, name), ()), (table, ddl))
    return {key: value for key, value in objects.items() if _STATISTICS.get(key) != value}


def _apply(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    with without("pandas", "numpy"):
        from sqlite_utils.db import Database
        from sqlite_utils.migrations import Migrations

    known = Migrations("workbench.registry")
    for step in steps:
        known(name=step.__name__)(step)
    known.apply(Database(connection, execute_plugins=False))


def _step(file_name: str) -> Step:
    """The step in a file, under the name that the registry remembers it by."""

    def apply(database: Database) -> None:
        for statement in statements(Path(__file__).with_name(file_name).read_text("utf-8")):
            database.conn.execute(statement)

    apply.__name__ = file_name.removesuffix(".sql").partition("_")[2]
    return apply


def statements(script: str) -> Iterator[str]:
    """The statements of a script one by one: `executescript` would commit."""
    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if sqlite3.complete_statement(text):
            yield text
            text = ""


def _begin_ledger(connection: sqlite3.Connection, sign: Sign | None) -> None:
    from workbench.registry.models.environment_rows import default_rows
    from workbench.registry.storage.ledger import Transaction

    transaction = Transaction(connection, sign=sign)
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


STEPS: tuple[Step, ...] = tuple(
    map(
        _step,
        (
            "m001_first_schema.sql",
            "m002_graded_gain.sql",
            "m003_small_sets.sql",
            "m004_marks_people_origins.sql",
            "m005_candidates_and_added_cases.sql",
            "m006_answering_models.sql",
            "m007_slices_and_raw_values.sql",
            "m008_judges.sql",
        ),
    )
)
"""In order; never changed once released. Their number is the schema's version."""

if len(STEPS) != SCHEMA_VERSION:
    raise AssertionError("layout.SCHEMA_VERSION is the number of steps")
