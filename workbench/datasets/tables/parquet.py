"""Reads Parquet by DuckDB, row by row."""

from __future__ import annotations

import glob
import importlib
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from workbench.datasets.tables.columns import columns_of, row_of, taken
from workbench.errors import DatasetError, ExtraMissing

INSTALL = "pip install 'prompt-workbench[parquet]'"
_BATCH = 1_000
_CLOSED = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "TimeZone": "'UTC'",
    "lock_configuration": "true",
}
"""Settings with which a connection reaches nothing but the one file, and no extension is loaded."""
_FRUGAL = {
    "enable_progress_bar": "false",
    "disable_parquet_prefetching": "true",
    "read_ahead_depth": "0",
    "streaming_buffer_size": "'100KB'",
    "allocator_flush_threshold": "'1MB'",
    "allocator_bulk_deallocation_flush_threshold": "'1MB'",
}
"""Settings with which it holds only what it is decoding, a third less memory at the peak, and
draws no bar into standard output.
"""


def read_parquet(
    path: Path, where: str, needed: Collection[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a file; of its columns those that are needed and a case's own, by default all.

    Raises ExtraMissing, or DatasetError for a broken file, for columns of one name, and for values
    that JSON cannot hold.
    """
    duckdb = _duckdb()
    try:
        with _without_pattern(path) as plain, connected(duckdb, plain) as connection:
            _check_names(connection, plain, where)
            source = f"read_parquet({_literal(str(plain))}, hive_partitioning = false)"
            yield from table_rows(connection, source, where, needed)
    except duckdb.Error as error:
        raise DatasetError(f"{where}: {_first_line(error)}", hint="is it Parquet?") from error


def summary(path: Path, where: str) -> tuple[int, set[str]]:
    """The number of rows that a file says it has, and its columns.

    Raises what `read_parquet` raises.
    """
    duckdb = _duckdb()
    try:
        with _without_pattern(path) as plain, connected(duckdb, plain) as connection:
            rows = "SELECT num_rows FROM parquet_file_metadata(?)"
            count = int(connection.execute(rows, [str(plain)]).fetchone()[0])
            names = "SELECT name, num_children FROM parquet_schema(?)"
            return count, {*_top_level(connection.execute(names, [str(plain)]).fetchall())}
    except duckdb.Error as error:
        raise DatasetError(f"{where}: {_first_line(error)}", hint="is it Parquet?") from error


@contextmanager
def connected(duckdb: Any, path: Path) -> Iterator[Any]:
    """A connection that reaches the file alone."""
    with closing(duckdb.connect(":memory:", config={"threads": 1})) as connection:
        connection.execute(f"SET allowed_paths = [{_literal(str(path))}]")
        for name, value in (_FRUGAL | _CLOSED).items():
            connection.execute(f"SET {name} = {value}")
        yield connection


@contextmanager
def _without_pattern(path: Path) -> Iterator[Path]:
    """The file under a name that DuckDB does not take for a pattern."""
    if glob.escape(str(path)) == str(path):
        yield path
        return
    with TemporaryDirectory(prefix="workbench-") as folder:
        yield Path(shutil.copyfile(path, Path(folder, "table.parquet")))


def table_rows(
    connection: Any,
    source: str,
    where: str,
    needed: Collection[str] | None,
    described: Sequence[Sequence[Any]] | None = None,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a source in SQL, see `read_parquet`; `described` is what it says of its columns,
    for a source that can be read once.
    """
    if described is None:
        described = connection.execute(f"FROM {source} LIMIT 0").description
    columns = columns_of(taken(described, needed, where), where)
    selects = ", ".join(column.select for column in columns)
    connection.execute(f"FROM {source} SELECT {selects}")
    for at, values in enumerate(_fetched(connection), 1):
        try:
            yield f"row {at}", row_of(values, columns)
        except DatasetError as error:
            raise DatasetError(f"{where}: row {at}: {error.message}", hint=error.hint) from error


def _fetched(connection: Any) -> Iterator[Sequence[Any]]:
    while batch := connection.fetchmany(_BATCH):
        yield from batch


def _check_names(connection: Any, path: Path, where: str) -> None:
    """Refuse columns that DuckDB would rename: it takes names that differ by case for one."""
    schema = connection.execute(
        "SELECT name, num_children FROM parquet_schema(?)", [str(path)]
    ).fetchall()
    names: dict[str, str] = {}
    for name in _top_level(schema):
        other = names.setdefault(name.casefold(), name)
        if other is not name:
            problem = (
                f"the column {name!r} stands twice"
                if other == name
                else f"the columns {other!r} and {name!r} differ by case alone"
            )
            raise DatasetError(f"{where}: {problem}", hint="rename one")


def _top_level(schema: Sequence[tuple[str, int | None]]) -> Iterator[str]:
    """The names of the columns in a Parquet schema, which lists a tree from its root downwards."""
    at = 1
    while at < len(schema):
        yield schema[at][0]
        left = 1
        while left:
            left += (schema[at][1] or 0) - 1
            at += 1


def _duckdb() -> Any:
    try:
        return importlib.import_module("duckdb")
    except ModuleNotFoundError as error:
        raise ExtraMissing("reading Parquet needs duckdb", hint=INSTALL) from error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
