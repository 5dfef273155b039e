"""Is the file whole, is the schema ours, is the chain unbroken?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from workbench.registry.models.digest import GENESIS, record_hash
from workbench.registry.models.records import Finding
from workbench.registry.storage.sqlite.migrations import expected_objects, objects_of

Record = tuple[int, str, str, str, str, str, str]
"""seq, kind, at, actor, digest, previous, hash."""


def check_file(connection: sqlite3.Connection) -> Iterator[Finding]:
    """SQLite's own checks."""
    for (answer,) in connection.execute("PRAGMA integrity_check").fetchall():
        if answer != "ok":
            yield Finding(0, "file", str(answer))
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield Finding(0, table, f"row {rowid} points to nothing in {parent}")


def check_schema(connection: sqlite3.Connection) -> tuple[list[Finding], int]:
    """Every table, view, index and trigger is as this program makes it; and how many there are.

    By type and name: a trigger may have the name of a table. Names that begin with sqlite_ are
    SQLite's own only where it makes them; through PRAGMA writable_schema anybody does.
    """
    expected, found = expected_objects(), objects_of(connection)
    problems = []
    for key in sorted(expected.keys() | found.keys()):
        kind, name = key
        if key not in found:
            problems.append(f"the {kind} {name} is missing")
        elif key not in expected:
            problems.append(f"the {kind} {name} does not belong here")
        elif found[key] != expected[key]:
            problems.append(f"the {kind} {name} was changed")
    return [Finding(0, "schema", problem) for problem in problems], len(found)


def check_chain(records: Sequence[Record]) -> Iterator[Finding]:
    """Every record follows the one before and has the hash that it must have."""
    before, last, time = GENESIS, 0, ""
    for seq, kind, at, actor, digest, previous, hashed in records:
        if seq != last + 1:
            yield Finding(seq, "ledger", f"records {last + 1} to {seq - 1} are missing")
        if previous != before:
            yield Finding(seq, "ledger", "it does not follow the record before")
        if _hash(seq, kind, at, actor, digest, previous) != hashed:
            yield Finding(seq, "ledger", "the record was altered: its hash is another")
        if at < time:
            yield Finding(seq, "ledger", "it is older than the record before")
        before, last, time = hashed, seq, at
    if not records:
        yield Finding(0, "ledger", "it is empty")


def _hash(*record: Any) -> str:
    try:
        return record_hash(*record)
    except ValueError:
        return "unreadable"  # a text that is no UTF-8


def check_head(records: Sequence[Record], head: str | None) -> Iterator[Finding]:
    """A head that was kept elsewhere is still in the chain."""
    if head is None:
        return
    wanted = head.strip().lower()
    if not wanted or not any(record[6].startswith(wanted) for record in records):
        yield Finding(
            0,
            "ledger",
            f"the kept head {wanted[:12]} is not in the chain: records were lost or rewritten,"
            " or this is an older copy",
        )
