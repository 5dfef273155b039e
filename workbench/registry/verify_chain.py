"""Is the file whole, is the schema ours, is the chain unbroken?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from workbench.registry.digest import GENESIS, record_hash
from workbench.registry.migrations import expected_schema, schema_of
from workbench.registry.records import Finding

Record = tuple[int, str, str, str, str, str, str]
"""seq, kind, at, actor, digest, previous, hash."""


def check_file(connection: sqlite3.Connection) -> Iterator[Finding]:
    """SQLite's own checks."""
    for (answer,) in connection.execute("PRAGMA integrity_check").fetchall():
        if answer != "ok":
            yield Finding(0, "file", str(answer))
    for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
        yield Finding(0, table, f"row {rowid} points to nothing in {parent}")


def check_schema(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Every table, view, index and trigger is as this program makes it."""
    expected, found = expected_schema(), schema_of(connection)
    for name in sorted(expected.keys() | found.keys()):
        if name.startswith("sqlite_"):
            continue
        if name not in found:
            yield Finding(0, "schema", f"{name} is missing")
        elif name not in expected:
            yield Finding(0, "schema", f"{name} does not belong here")
        elif expected[name] != found[name]:
            yield Finding(0, "schema", f"{name} was changed")


def check_chain(records: Sequence[Record]) -> Iterator[Finding]:
    """Every record follows the one before and has the hash that it must have."""
    before, last, time = GENESIS, 0, ""
    for seq, kind, at, actor, digest, previous, hashed in records:
        if seq != last + 1:
            yield Finding(seq, "ledger", f"records {last + 1} to {seq - 1} are missing")
        if previous != before:
            yield Finding(seq, "ledger", "it does not follow the record before")
        if record_hash(seq, kind, at, actor, digest, previous) != hashed:
            yield Finding(seq, "ledger", "the record was altered: its hash is another")
        if at < time:
            yield Finding(seq, "ledger", "it is older than the record before")
        before, last, time = hashed, seq, at
    if not records:
        yield Finding(0, "ledger", "it is empty")


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
