"""Reads a mapping of workbench.toml or suite.yaml as a dataclass: types, ranges, unknown keys.

The dataclass is the schema: a field's type and `Meta` (a range, a description) say what the key
takes, `key` what differs from that. The published JSON Schemas are made from the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, field, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

from msgspec import Meta

from workbench.errors import UsageError
from workbench.suggestions import did_you_mean
from workbench.typed_options import MOST, checked

T = TypeVar("T")

Count = Annotated[int, Meta(ge=0, le=MOST)]
Amount = Annotated[float, Meta(ge=0, le=MOST)]
Share = Annotated[float, Meta(ge=0, le=1)]
Text = Annotated[str, Meta(min_length=1)]


def key(
    about: str = "",
    *,
    name: str | None = "",
    alias: str = "",
    read: Callable[[Any], Any] | None = None,
    takes: Any = None,
    example: Any = "",
    **options: Any,
) -> Any:
    """A field, what it says in the schema, and its name in the file where that is another; None:
    it does not stand in the file.

    `takes` is the type of what stands there, where it is not the field's; tables in it are read
    first. `read` makes the field's value of it; it raises ValueError, or a UsageError with a hint
    whose message goes on after the key. `example`: how it is written; a text where that may be one,
    beside a number. `options` are those of `dataclasses.field`.
    """
    takes = float | str if isinstance(example, str) and example and takes is None else takes
    metadata = {"about": about, "name": name, "alias": alias, "read": read, "example": example}
    return field(metadata={**metadata, "takes": takes}, **options)


def or_none(value: Any) -> Any:
    """None for a 0 that stands for no limit."""
    return None if value == 0 and value is not False else value


def file_keys(kind: type) -> Iterator[tuple[str, Field[Any]]]:
    """The keys of a dataclass in the file, and its fields; of a field's two, its name is last."""
    for one in fields(kind):
        if alias := one.metadata.get("alias"):
            yield alias, one
        if (name := one.metadata.get("name", "")) is not None:
            yield name or one.name, one


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a table that is read into the dataclass."""
    properties, required = {}, []
    types = get_type_hints(kind, include_extras=True)
    for name, one in file_keys(kind):
        meta = one.metadata
        properties[name] = _schema_of(meta.get("takes") or types[one.name])
        properties[name]["description"] = meta.get("about", "")
        if not _may_lack(one):
            required.append(name)
        elif one.default not in (None, MISSING, ()):
            properties[name]["default"] = one.default
        if meta.get("example"):
            properties[name]["examples"] = [meta["example"]]
    needed = {"required": required} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **needed}


def _schema_of(kind: Any) -> dict[str, Any]:
    from msgspec.json import schema

    if table := _table_of(kind):
        return json_schema(table)
    if get_origin(kind) in (Union, UnionType):
        return {"anyOf": [_schema_of(one) for one in get_args(kind)]}
    of_kind = schema(kind)
    if by_name := _tables_of(kind):
        del of_kind["$defs"]
        of_kind["additionalProperties"] = json_schema(by_name)
    return of_kind


def read_table(
    kind: type[T],
    table: Any,
    where: str,
    error: type[UsageError],
    **given: Any,
) -> T:
    """The dataclass in a mapping; what is not set there has the field's default.

    `given` are fields that do not stand in the file, and defaults that depend on it. Raises `error`
    with the place, the key and what is right.
    """
    known, types = dict(file_keys(kind)), get_type_hints(kind, include_extras=True)
    examples = {name: one.metadata.get("example") for name, one in known.items()}
    needed = [
        f"{n}: {examples[n]}" for n, one in known.items() if not _may_lack(one) and examples[n]
    ]
    if not isinstance(table, Mapping):
        raise error(f"{where} must be a table, not {table!r}", hint=", ".join(needed))
    check_keys(table, known, where, error)
    values = dict(given)
    for name, one in known.items():
        if name in table and (table[name] is not None or "None" in str(one.type)):
            values[one.name] = _read(one, table[name], types[one.name], f"{where}: {name}", error)
        elif one.name not in values and not _may_lack(one):
            raise error(f"{where}: {name} is missing", hint=", ".join(needed))
    return kind(**values)


def check_keys(
    table: Mapping[str, Any], known: Collection[str], where: str, error: type[UsageError]
) -> None:
    """Raises `error` with the nearest known key for one that is not known."""
    for name in table:
        if name not in known:
            raise error(f"{where}: unknown key {name!r}", hint=did_you_mean(str(name), known))


def _read(one: Field[Any], value: Any, kind: Any, where: str, error: type[UsageError]) -> Any:
    read, by_name = one.metadata.get("read"), _tables_of(one.metadata.get("takes"))
    if by_name is not None:
        value = _tables(value, by_name, where, error)
    try:
        value = value if read is None or value is None else read(value)
    except UsageError as problem:
        raise error(f"{where} {problem.message}", hint=problem.hint) from problem
    except ValueError as problem:
        raise error(f"{where}: {problem}") from problem
    table = next(filter(None, map(_table_of, (kind, *get_args(kind)))), None)
    if table is None or value is None:
        return checked(value, kind, where, error)
    return value if isinstance(value, table) else read_table(table, value, where, error)


def _tables(value: Any, kind: type, where: str, error: type[UsageError]) -> dict[str, Any]:
    """The tables by name; a name may be a number."""
    tables: dict[str, Any] = {}
    for name, one in checked(value, Mapping[Any, Any], where, error).items():
        name = checked(str(name) if isinstance(name, int) else name, Text, f"{where}: a key", error)
        tables[name] = read_table(kind, one, f"{where}.{name}", error)
    return tables


def _table_of(kind: Any) -> type | None:
    return kind if isinstance(kind, type) and is_dataclass(kind) else None


def _tables_of(kind: Any) -> type | None:
    """The dataclass in a mapping of them."""
    return _table_of(get_args(kind)[-1]) if get_origin(kind) is Mapping else None


def _may_lack(one: Field[Any]) -> bool:
    return one.default is not MISSING or one.default_factory is not MISSING
