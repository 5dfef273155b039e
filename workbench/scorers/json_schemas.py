"""JSON Schema whose patterns cannot hold up a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from functools import cache
from time import process_time
from typing import Any

from workbench.scorers.patterns import SEARCH_S, is_found, pattern_problem

_DATA = frozenset({"const", "default", "enum", "examples"})
"""Keywords whose values are no schemas."""
_BY_PATTERN = "patternProperties"
_BY_NAME = frozenset({_BY_PATTERN, "properties", "$defs", "definitions", "dependentSchemas"})
"""Keywords whose values are schemas by names of the schema's own."""
_UNTIL: ContextVar[float] = ContextVar("until")
"""When the searches of one answer end together."""


def schema_problem(schema: Mapping[str, Any]) -> str:
    """What is wrong with a schema, or nothing."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return error.message
    parts = list(_objects(schema))
    for part in parts:
        for pattern in _patterns(part):
            problem = pattern_problem(pattern)
            if problem:
                return problem
    if all(any(word in part for part in parts) for word in ("unevaluatedProperties", _BY_PATTERN)):
        return f"unevaluatedProperties and {_BY_PATTERN} cannot be checked together"
    return ""


def first_error(schema: Mapping[str, Any], value: Any) -> str | None:
    """What is wrong with the value first, with its place; None when it follows the schema.

    Raises TimeoutError when the patterns take longer than SEARCH_S together, and what following
    a reference raises.
    """
    from referencing import Registry

    # An empty registry: a schema must not make the program fetch what it refers to.
    validator = _validator()(_of_one_dialect(schema), registry=Registry())
    token = _UNTIL.set(process_time() + SEARCH_S)
    try:
        error = next(iter(validator.iter_errors(value)), None)
    finally:
        _UNTIL.reset(token)
    return None if error is None else f"{error.json_path}: {error.message}"


@cache
def _validator() -> Any:
    """The validator of 2020-12 with a search of ours wherever it would use `re`."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError
    from jsonschema.validators import extend

    additional = Draft202012Validator.VALIDATORS["additionalProperties"]

    def pattern(validator: Any, wanted: str, value: Any, _schema: Any) -> Iterator[Any]:
        if validator.is_type(value, "string") and not _found(wanted, value):
            yield ValidationError(f"{value!r} does not match {wanted!r}")

    def by_pattern(validator: Any, wanted: Any, value: Any, _schema: Any) -> Iterator[Any]:
        if validator.is_type(value, "object"):
            for one, schema in wanted.items():
                for key in (key for key in value if _found(one, key)):
                    yield from validator.descend(value[key], schema, path=key, schema_path=one)

    def others(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[Any]:
        if validator.is_type(value, "object") and _BY_PATTERN in schema:
            named = schema[_BY_PATTERN]
            value = {k: v for k, v in value.items() if not any(_found(one, k) for one in named)}
            schema = {key: part for key, part in schema.items() if key != _BY_PATTERN}
        yield from additional(validator, wanted, value, schema)

    return extend(  # type: ignore[no-untyped-call]
        Draft202012Validator,
        {"pattern": pattern, _BY_PATTERN: by_pattern, "additionalProperties": others},
    )


def _found(pattern: str, text: str) -> bool:
    return is_found(pattern, text, _UNTIL.get())


def _objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    """A schema that is an object, and all in it."""
    if isinstance(schema, Mapping):
        yield schema
        for key, value in schema.items():
            for one in _schemas(key, value):
                yield from _objects(one)


def _schemas(key: str, value: Any) -> list[Any]:
    """The schemas that a keyword brings."""
    if key in _DATA:
        return []
    if key in _BY_NAME and isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _patterns(schema: Mapping[str, Any]) -> list[str]:
    by_key = schema.get(_BY_PATTERN)
    sources = [schema.get("pattern"), *(by_key if isinstance(by_key, Mapping) else ())]
    return [pattern for pattern in sources if isinstance(pattern, str)]


def _of_one_dialect(schema: Any) -> Any:
    """Without `$schema`: where one stands, jsonschema would go on with a validator of its own."""
    if isinstance(schema, list):
        return [_of_one_dialect(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {key: _part(key, value) for key, value in schema.items() if key != "$schema"}


def _part(key: str, value: Any) -> Any:
    if key in _DATA:
        return value
    if key in _BY_NAME and isinstance(value, Mapping):
        return {name: _of_one_dialect(one) for name, one in value.items()}
    return _of_one_dialect(value)
