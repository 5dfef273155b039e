"""Values of typed columns as JSON values: none becomes another type unnoticed.

Dates and times become ISO 8601 text, decimals keep their digits, and what JSON has no form for is
refused by column.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.datasets.json_values import MAX_INTEGER, parse_json
from workbench.datasets.values import CASE_KEYS, CHECKS
from workbench.errors import DatasetError
from workbench.json_text import with_spelling
from workbench.suggestions import did_you_mean

Convert = Callable[[Any], Any]

_AS_IS = frozenset({"boolean", "varchar", "double"})
_INTEGERS = frozenset(
    {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"}
    | {"hugeint", "uhugeint", "bignum"}
)
_TEXTS = frozenset({"uuid", "enum", "time"})
_TIMES = frozenset(
    {"date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns"}
    | {"timestamp with time zone", "time with time zone"}
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a query's result."""

    name: str
    select: str
    """Its SQL expression."""
    convert: Convert | None
    """Makes a JSON value of a fetched one; None: it is one already."""


def taken(
    described: Sequence[Sequence[Any]], needed: Collection[str] | None, where: str
) -> list[tuple[str, Any]]:
    """Of the (name, type) that a result has, those that are needed and a case's own fields.

    Raises DatasetError for a needed one that is not there.
    """
    kinds = {name: kind for name, kind, *_ in described}
    if needed is None:
        return list(kinds.items())
    for name in needed:
        if name not in kinds and "inputs" not in kinds:
            raise DatasetError(f"{where}: no column {name!r}", hint=did_you_mean(name, kinds))
    return [(name, kind) for name, kind in kinds.items() if name in {*needed, *CASE_KEYS, CHECKS}]


def columns_of(described: Sequence[tuple[str, Any]], where: str) -> tuple[Column, ...]:
    """The columns by name and DuckDB type. Raises DatasetError for a type without a JSON form."""
    return tuple(_column(name, kind, where) for name, kind in described)


def row_of(values: Sequence[Any], columns: Sequence[Column]) -> dict[str, Any]:
    """A row by column. Raises DatasetError for a value that JSON cannot hold."""
    row = {}
    for column, value in zip(columns, values, strict=False):
        if column.convert is not None and value is not None:
            try:
                value = column.convert(value)
            except DatasetError as error:
                problem = f"column {column.name!r}: {error.message}"
                raise DatasetError(problem, hint=error.hint) from error
        row[column.name] = value
    return row


def _column(name: str, kind: Any, where: str) -> Column:
    quoted = '"' + name.replace('"', '""') + '"'
    try:
        fetched, convert = _fetched_as(kind)
    except DatasetError as error:
        raise DatasetError(
            f"{where}: the column {name!r} is {error.message}, which is no JSON value",
            hint="write it as text, or leave it out: dataset.columns names those that are read",
        ) from error
    select = quoted if fetched == str(kind) else f"CAST({quoted} AS {fetched})"
    return Column(name, select, convert)


def _fetched_as(kind: Any) -> tuple[str, Convert | None]:
    """The SQL type as which a column is fetched, and what converts its values.

    Raises DatasetError with the type's name where there is no JSON form.
    """
    name = str(kind.id)
    if str(kind) == "JSON":
        return "VARCHAR", lambda text: parse_json(text, "JSON")
    if name in _AS_IS:
        return str(kind), _finite if name == "double" else None
    if name in _INTEGERS:
        return str(kind), _whole if name in ("ubigint", "hugeint", "uhugeint", "bignum") else None
    if name == "float":  # as text: 32 bits as a Python float would print as 0.10000000149011612
        return "VARCHAR", lambda text: _finite(float(text))
    if name == "decimal":
        return "VARCHAR", _decimal
    if name in _TEXTS:
        return "VARCHAR", None
    if name in _TIMES:
        return "VARCHAR", _iso
    if name in ("list", "array"):
        item, convert = _fetched_as(kind.children[0][1])
        return f"{item}[]", _each(convert) if convert else list
    if name == "struct":
        return _struct(kind.children)
    if name == "map":
        return _map(kind)
    raise DatasetError(str(kind) if len(str(kind)) < 40 else name.upper())


def _struct(children: Sequence[tuple[str, Any]]) -> tuple[str, Convert | None]:
    parts = {field: _fetched_as(kind) for field, kind in children}
    fields = ", ".join(
        '"' + field.replace('"', '""') + f'" {fetched}' for field, (fetched, _) in parts.items()
    )
    converts = {field: convert for field, (_, convert) in parts.items() if convert}
    return f"STRUCT({fields})", _fields(converts) if converts else None


def _map(kind: Any) -> tuple[str, Convert]:
    (_, key), (_, value) = kind.children
    if str(key.id) != "varchar":
        raise DatasetError(f"a map with keys that are {key}")
    fetched, convert = _fetched_as(value)
    return f"MAP(VARCHAR, {fetched})", _fields_of_map(convert)


def _each(convert: Convert) -> Convert:
    return lambda items: [None if item is None else convert(item) for item in items]


def _fields(converts: Mapping[str, Convert]) -> Convert:
    def convert(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            field: converts[field](value) if field in converts and value is not None else value
            for field, value in values.items()
        }

    return convert


def _fields_of_map(convert: Convert | None) -> Convert:
    def converted(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            key: convert(value) if convert and value is not None else value
            for key, value in values.items()
        }

    return converted


def _whole(number: int) -> int:
    if not -MAX_INTEGER <= number < MAX_INTEGER:
        raise DatasetError("a whole number beyond 64 bits", hint="write it as text")
    return number


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise DatasetError("NaN and infinities are refused", hint="write null for no value")
    return number


def _decimal(text: str) -> int | float:
    return with_spelling(float(text), text) if "." in text else _whole(int(text))


def _iso(text: str) -> str:
    """`2024-01-02 03:04:05+00` as `2024-01-02T03:04:05+00:00`."""
    date, space, time = text.partition(" ")
    if space and time[:1].isdigit():
        text = f"{date}T{time}"
    return f"{text}:00" if text[-3:-2] in ("+", "-") and ":" in text else text
