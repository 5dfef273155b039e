"""Nearly every test makes a registry, and each would go through all migrations again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from workbench.registry.storage.sqlite import migrations

_ORDER = ("table", "index", "view", "trigger")


@pytest.fixture(scope="session", autouse=True)
def _migrated_once() -> Iterator[None]:
    """A new file gets what the migrations made of the first one: they run once a worker."""
    apply = migrations._apply
    made: list[tuple[str, list[tuple[Any, ...]]]] = []

    def apply_once(connection: sqlite3.Connection, steps: Sequence[migrations.Step]) -> None:
        is_new = not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
        if steps is not migrations.STEPS or not is_new:
            apply(connection, steps)
            return
        if not made:
            first = sqlite3.connect(":memory:", isolation_level=None)
            first.execute("BEGIN")
            apply(first, steps)
            made.extend(_as_sql(first))
            first.close()
        for sql, rows in made:
            if rows:
                connection.executemany(sql, rows)
            else:
                connection.execute(sql)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "_apply", apply_once)
        yield


def _as_sql(connection: sqlite3.Connection) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Statements that make the same objects and rows, with the values that they bind."""
    objects = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
    ).fetchall()
    for _, _, sql in sorted(objects, key=lambda item: _ORDER.index(item[0])):
        yield sql, []
    for kind, name, _ in objects:
        rows = connection.execute(f"SELECT * FROM {name}").fetchall() if kind == "table" else []
        if rows:
            yield f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows
