"""A write transaction: append a record and its row, and sign it."""

# Apps import no pathlib to read a prompt, and SQLite takes text.
# ruff: noqa: PTH116
from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from workbench.errors import RegistryUnusable
from workbench.registry.models.digest import GENESIS, Column, digest_of, record_hash
from workbench.registry.storage import clock
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.limits import check_clock, check_texts
from workbench.registry.storage.tables import KINDS

Row = Mapping[str, Column]
Sign = Callable[["Transaction", str, int], None]
"""Signs the record with that seq, as that actor, in the same transaction."""


class Transaction:
    """The operations of a write transaction, while the registry is locked."""

    def __init__(self, connection: Connection, path: str = "", sign: Sign | None = None) -> None:
        """`path` is the file's, to compare its time with the clock; "" for a new file."""
        self.connection = connection
        self.kinds: set[str] = set()
        """Kinds of the appended records."""
        self._path = path
        self._sign = sign

    def head(self) -> tuple[int, str, str]:
        """seq, hash and time of the newest record; (0, sixty-four zeros, "") in a new file."""
        row = self.connection.execute(
            "SELECT seq, hash, at FROM ledger ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        return row or (0, GENESIS, "")

    def append(
        self, kind: str, actor: str, row: Row, *, scores: Sequence[Row] = (), own_seq: str = ""
    ) -> tuple[int, str]:
        """Record a row: its seq and time. `own_seq` names a column that gets the row's own seq.

        The ledger's time never goes back, even if the clock did. Raises RegistryError for a text
        that is too large and for a clock that is years ahead.
        """
        check_texts(f"this {kind}", (row, *scores))
        last, previous, before = self.head()
        if self._path:
            check_clock(self._path, before, os.stat(self._path).st_mtime)
        seq = last + 1
        at = max(clock.now(), before)
        full: dict[str, Column] = {**row, "seq": seq}
        if own_seq:
            full[own_seq] = seq
        digest = digest_of(kind, full, scores)
        chained = record_hash(seq, kind, at, actor, digest, previous)
        self._insert(
            "ledger",
            {
                "seq": seq,
                "kind": kind,
                "at": at,
                "actor": actor,
                "digest": digest,
                "previous": previous,
                "hash": chained,
            },
        )
        self._insert("scores", *({"evaluation": seq, **score} for score in scores))
        self._insert(KINDS[kind], full)
        self.kinds.add(kind)
        if kind != "signature":
            self.sign(actor, seq)
        return seq, at

    def sign(self, actor: str, seq: int) -> None:
        """Sign a record, when there is a key that has not signed it yet."""
        if self._sign is not None:
            self._sign(self, actor, seq)

    def _insert(self, table: str, *rows: Row) -> None:
        """Rows with the same columns in the same order.

        Raises RegistryUnusable when the database took fewer: a trigger may ignore them in silence.
        """
        if not rows:
            return
        columns = ", ".join(rows[0])
        places = ", ".join("?" * len(rows[0]))
        # Table and column names are this package's own constants; values are bound.
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
        taken = self.connection.executemany(statement, [tuple(row.values()) for row in rows])
        if taken.rowcount != len(rows):
            raise RegistryUnusable(
                f"the database ignored a new row of {table}: its triggers were changed",
                hint="nothing was written; run workbench verify",
            )
