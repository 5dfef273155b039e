"""What the registry asks of a database connection, whichever engine is behind it.

SQL above `storage` uses `?` and `:name` for values, and no dialect: a query that needs one is a
function or a named fragment of the engine (docs/storage-engines.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

Parameters = Sequence[Any] | Mapping[str, Any]


class Cursor(Protocol):
    """The result of a statement, as DB-API 2.0 (PEP 249) has it."""

    @property
    def description(self) -> Any:
        """One tuple per column; its first element is the name."""

    @property
    def rowcount(self) -> int:
        """How many rows the statement changed."""

    def fetchone(self) -> Any:
        """The next row as a tuple, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection inside a transaction that somebody else begins and ends."""

    def execute(self, sql: str, parameters: Parameters = ..., /) -> Cursor:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Parameters], /) -> Cursor:
        """Run one statement for each set of values."""
