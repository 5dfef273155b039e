"""Reads a mapping of workbench.toml or suite.yaml as a dataclass: types, ranges, unknown keys.

The dataclass is the schema: a field's type and `Meta` (a range, a description) say what the key
takes, `key` what differs from that. The published JSON Schemas are made from the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import Field, field, fields
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from msgspec import Meta, ValidationError, convert

from workbench.errors import UsageError
from workbench.suggestions import did_you_mean
from workbench.typed_options import Option

T = TypeVar("T")

MOST = 10**15
"""The largest number that a key takes where nothing smaller is said; infinity is none."""
Count = Annotated[int, Meta(ge=0, le=MOST)]
Amount = Annotated[float, Meta(ge=0, le=MOST)]

_ABOUT = "about"
_NAME = "name"
_READ = "read"
_EXAMPLE = "example"
_WORDS = {kind.__name__: words for kind, (_, words) in Option.TYPES.items()} | {
    "array": "a list",
    "object": "a table",
}
_PROBLEM = re.compile(
    r"(?:Expected `(?P<type>\w+)[^`]*`(?: (?P<side>[<>]=) (?P<limit>\S+))?"
    r"|Invalid enum value).*? - at `\$\.(?P<key>[^.`\[]+)(?P<item>\[)?"
)


def key(
    about: str = "",
    *,
    name: str | None = "",
    read: Callable[[Any], Any] | None = None,
    example: str = "",
    **options: Any,
) -> Any:
    """A field, what it says in the schema, and its name in the file where that is another; None:
    it does not stand in the file.

    `read` makes the field's value of what stands there; it raises ValueError, or a UsageError with
    a hint. `example`: how a number with its unit is written, where a text is read as one.
    `options` are those of `dataclasses.field`.
    """
    metadata = {_ABOUT: about, _NAME: name, _READ: read, _EXAMPLE: example}
    return field(metadata=metadata, **options)


def or_none(value: Any) -> Any:
    """None for a 0 that stands for no limit."""
    return None if value == 0 and value is not False else value


def file_keys(kind: type) -> Iterator[tuple[str, Field[Any]]]:
    """The keys of a dataclass in the file, and its fields."""
    for one in fields(kind):
        name = one.metadata.get(_NAME, "")
        if name is not None:
            yield name or one.name, one


def json_schema(kind: type) -> dict[str, Any]:
    """The JSON Schema of a table that is read into the dataclass."""
    from msgspec.json import schema_components

    _, components = schema_components([kind])
    of_fields = components[kind.__name__]["properties"]
    properties = {}
    for name, one in file_keys(kind):
        properties[name] = {**of_fields[one.name], "description": one.metadata.get(_ABOUT, "")}
        if example := one.metadata.get(_EXAMPLE):
            properties[name].pop("anyOf", None)
            properties[name] |= {"type": ["number", "string"], "examples": [example]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def read_table(
    kind: type[T],
    table: Any,
    where: str,
    error: type[UsageError],
    *,
    beside: tuple[str, ...] = (),
    **given: Any,
) -> T:
    """The dataclass in a mapping; what is not set there has the field's default.

    `beside` are keys that the caller reads itself; `given` are fields that do not stand in the
    file, and defaults that depend on it. Raises `error` with the place, the key and what is right.
    """
    if not isinstance(table, Mapping):
        raise error(f"{where} must be a table")
    known = dict(file_keys(kind))
    check_keys(table, (*known, *beside), where, error)
    values = dict(given)
    for name, one in known.items():
        if name in table and (table[name] is not None or "None" in str(one.type)):
            values[one.name] = _read(one, table[name], f"{where}: {name}", error)
    try:
        return convert(values, kind)
    except ValidationError as problem:
        raise _misfit(problem, kind, table, where, error) from None


def check_keys(
    table: Mapping[str, Any], known: Collection[str], where: str, error: type[UsageError]
) -> None:
    """Raises `error` with the nearest known key for one that is not known."""
    for name in table:
        if name not in known:
            raise error(f"{where}: unknown key {name!r}", hint=did_you_mean(str(name), known))


def _read(one: Field[Any], value: Any, where: str, error: type[UsageError]) -> Any:
    read = one.metadata.get(_READ)
    try:
        return value if read is None or value is None else read(value)
    except UsageError as problem:
        raise error(f"{where} {problem.message}", hint=problem.hint) from problem
    except ValueError as problem:
        raise error(f"{where}: {problem}") from problem


def choices(kind: type, name: str) -> tuple[Any, ...]:
    """The values of a field that takes one of several."""
    return get_args(get_type_hints(kind)[name])


def _misfit(
    problem: ValidationError,
    kind: type,
    table: Mapping[str, Any],
    where: str,
    error: type[UsageError],
) -> UsageError:
    """The library's message in our words."""
    match, known = _PROBLEM.match(str(problem)), dict(file_keys(kind))
    if match is None:
        return error(f"{where}: {problem}")
    name = next(name for name, one in known.items() if one.name == match["key"])
    if match["type"] is None:
        allowed = [one for one in choices(kind, known[name].name) if one != ""]
        hint = f"{name} = " + " or ".join(f'"{one}"' for one in allowed)
        return error(f"{where}: {name} cannot be {table[name]!r}", hint=hint)
    takes = _WORDS.get(match["type"], match["type"])
    if match["item"]:
        return error(f"{where}: {name} takes a list, {takes} each, not {table[name]!r}")
    if match["side"]:
        bound = "or more" if match["side"] == ">=" else "or less"
        takes += f", {float(match['limit']):,.10g} {bound}"
    return error(f"{where}: {name} must be {takes}, not {table[name]!r}")
