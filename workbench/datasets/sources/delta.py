"""Reads a Delta Lake table as of a version, by delta-rs and DuckDB."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.readers import Row, made_up_id
from workbench.datasets.tables.parquet import table_rows
from workbench.errors import DatasetError, ExtraMissing
from workbench.key_shapes import without_keys

INSTALL = "pip install 'prompt-workbench[deltalake]'"
_TABLE = "cases"
_ALL_ROWS = "SELECT * FROM cases"
_NO_ROWS = "SELECT * FROM cases LIMIT 0"


class DeltaSource:
    """A table by its folder or address. Methods raise DatasetError."""

    def __init__(self, address: str) -> None:
        """Raises ExtraMissing."""
        try:
            self._deltalake = importlib.import_module("deltalake")
            self._duckdb = importlib.import_module("duckdb")
        except ModuleNotFoundError as error:
            raise ExtraMissing(f"reading Delta Lake needs {error.name}", hint=INSTALL) from error
        self.address = address

    def version_of(self, wanted: str) -> int:
        """The number of a version: of the newest one, a number's own, or that of a time."""
        return int(self._opened(wanted).version())

    def numbers(self) -> Iterator[int]:
        """Yield the numbers of all versions that the log names, newest first."""
        for entry in self._opened("").history():
            yield int(entry["version"])

    def read(self, version: int, needed: Collection[str] | None) -> list[Row]:
        """The rows of a version, in an order that neither its files nor their number decide."""
        table, where = self._opened(str(version)), f"{self.address} (delta {version})"
        try:
            with closing(self._duckdb.connect(":memory:", config={"threads": 1})) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                connection.register("described", self._stream(table, _NO_ROWS))
                described = connection.execute("FROM described").description
                connection.register(_TABLE, self._stream(table, _ALL_ROWS))
                rows = [row for _, row in table_rows(connection, _TABLE, where, needed, described)]
        except self._errors as error:
            raise self._problem(error, str(version)) from error
        return list(_in_order(rows))

    def _stream(self, table: Any, query: str) -> Any:
        return self._deltalake.QueryBuilder().register(_TABLE, table).execute(query)

    def _opened(self, wanted: str) -> Any:
        try:
            if wanted.isdecimal():
                return self._deltalake.DeltaTable(self.address, version=int(wanted))
            table = self._deltalake.DeltaTable(self.address)
            if wanted:
                self._go_to(table, _time(wanted, self.address))
        except self._errors as error:
            raise self._problem(error, wanted) from error
        return table

    def _go_to(self, table: Any, at: datetime) -> None:
        """The version at a time; delta-rs takes the first one for a time before it."""
        if at > datetime.now(UTC):
            raise DatasetError(f"{self.address}: {at.isoformat()} is not over: it names no version")
        first = table.history()[-1]
        table.load_as_version(at)
        if table.version() == first["version"] and first["timestamp"] > at.timestamp() * 1000:
            began = datetime.fromtimestamp(first["timestamp"] / 1000, UTC)
            raise DatasetError(
                f"{self.address} has no version of {at.isoformat()}: its first one is of"
                f" {began.isoformat(timespec='seconds')}"
            )

    @property
    def _errors(self) -> tuple[type[Exception], ...]:
        errors = importlib.import_module("deltalake.exceptions")
        return (errors.DeltaError, self._duckdb.Error, OSError, ValueError, OverflowError)

    def _problem(self, error: Exception, wanted: str) -> DatasetError:
        which = f" at version {wanted}" if wanted else ""
        message = without_keys(" ".join(str(error).split()))[:200]
        return DatasetError(
            f"{self.address} cannot be read as a Delta table{which}: {message}",
            hint="is the version there, and are its files kept?",
        )


def _in_order(rows: list[dict[str, Any]]) -> Iterator[Row]:
    """Yield the rows by id; those without one by content, with ids that no other row moves."""
    seen: dict[str, int] = {}
    named = []
    for row in rows:
        if row.get("id") is None:
            first = made_up_id(row, 0)
            seen[first] = seen.get(first, -1) + 1
            row = {**row, "id": made_up_id(row, seen[first])}
        named.append(row)
    for row in sorted(named, key=_by_id):
        yield f"row {as_text(row['id'])!r}", row


def _by_id(row: dict[str, Any]) -> tuple[bool, int, str]:
    given = row["id"]
    is_number = isinstance(given, int)
    return (not is_number, given if is_number else 0, as_text(given))


def _time(text: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise DatasetError(
            f"{where}: {text!r} is no version of a Delta table",
            hint="version: 12, or a time: 2026-11-01T12:00:00Z",
        ) from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)
