"""Scorers that look at the answer as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.datasets.cells import json_of
from workbench.datasets.json_values import unique_keys
from workbench.datasets.values import Case
from workbench.errors import DatasetError
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score
from workbench.scorers.expected import VALUE
from workbench.scorers.json_schemas import first_error, schema_problem
from workbench.typed_options import Option


def parsed(text: str) -> Any:
    """The JSON value of the whole answer. Raises ValueError, also for NaN and a key twice."""
    try:
        return json.loads(text, parse_constant=_refused, object_pairs_hook=unique_keys)
    except DatasetError as error:
        raise ValueError(error.message) from error


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _json_schema(answer: Answer, _case: Case, options: Mapping[str, Any]) -> Score:
    from referencing.exceptions import Unresolvable

    try:
        value = parsed(answer.text)
    except (ValueError, RecursionError):
        return Score(0.0, "not JSON")
    try:
        error = first_error(options["schema"], value)
    except (Unresolvable, RecursionError) as bad:
        return Score(None, f"the schema cannot be followed: {bad}"[:200])
    return Score(1.0) if error is None else Score(0.0, error[:200])


def _json_equals(answer: Answer, case: Case, _options: Mapping[str, Any]) -> Score:
    try:
        value = parsed(answer.text)
    except (ValueError, RecursionError):
        return Score(0.0, "not JSON")
    expected = json_of(case.expected)
    if same(value, expected):
        return Score(1.0)
    actual, wanted = _type(value), _type(expected)
    return Score(0.0, "another value" if actual == wanted else f"{actual}, want {wanted}")


def _type(value: Any) -> str:
    """What it is in JSON."""
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (str, "a string"), (Mapping, "an object"), (list, "a list"))
    return next((name for kind, name in names if isinstance(value, kind)), "a number")


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 is 1.0, and neither is true."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b)


def _schema_problem(options: Mapping[str, Any]) -> str:
    problem = schema_problem(options["schema"])
    return f"schema: {problem}" if problem else ""


KINDS = (
    Kind(
        "json_schema",
        "The answer is JSON that follows the schema.",
        _json_schema,
        {"schema": Option({}, "A JSON Schema (2020-12); without it any JSON is right.")},
        revision=2,
        check=_schema_problem,
        example="json_schema: {schema: {type: object, required: [queue]}}",
    ),
    Kind(
        "json_equals",
        "The answer is JSON equal to the expected value.",
        _json_equals,
        reads=VALUE,
        example="json_equals",
    ),
)
