"""Checks cases by the JSON Schema in `schema.json` beside their file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from workbench.datasets.cells import typed
from workbench.datasets.json_values import parse_json
from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.json_text import without_spelling
from workbench.prompts.files.untyped import UntypedText
from workbench.prompts.kinds import is_typed
from workbench.scorers.json_schemas import first_error, schema_problem

SCHEMA = "schema.json"
_LARGEST = 1_000_000
_INPUTS = "inputs"

Schema = Mapping[str, Any]


def schema_beside(path: Path) -> tuple[Path, Schema] | None:
    """The schema beside a dataset's file, or in its folder. Raises DatasetError for a broken one.

    A schema that names `inputs` describes cases as `{id, inputs, expected, …}`, any other describes
    them as flat rows.
    """
    file = (path if path.is_dir() else path.parent) / SCHEMA
    if not file.is_file() or file == path:
        return None
    try:
        data = file.read_bytes()
        if len(data) > _LARGEST:
            raise DatasetError(f"{file} is larger than {_LARGEST // 1_000_000} MB")
        schema = parse_json(data.decode("utf-8-sig"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file}: {error}") from error
    problem = schema_problem(schema) if isinstance(schema, Mapping) else "an object is needed"
    if problem:
        raise DatasetError(f"{file}: this is no JSON Schema: {problem}")
    return file, without_spelling(schema)


def check_cases(dataset: Dataset, schema: tuple[Path, Schema] | None) -> None:
    """Raise DatasetError for the first case that does not follow the schema, with its place."""
    if schema is None:
        return
    for case in dataset.cases:
        check_case(case, schema, dataset.place_of(case))


def check_case(case: Case, schema: tuple[Path, Schema], place: str) -> None:
    """Raise DatasetError when a case does not follow the schema; `place` says where it is."""
    from referencing.exceptions import Unresolvable

    file, content = schema
    try:
        problem = first_error(content, _row(case, content))
    except DatasetError as error:
        problem = error.message
    except TimeoutError:
        problem = "its patterns take too long"
    except (Unresolvable, RecursionError) as error:
        raise DatasetError(f"{file}: {error}", hint="it may refer to its own parts only") from error
    if problem:
        raise DatasetError(
            f"{place}: case {case.id!r} is not as {file.name} wants it: {problem}",
            hint=f"mend the case, or {file}",
        )


def _row(case: Case, schema: Schema) -> dict[str, Any]:
    """The case in the form that the schema describes; fields that it lacks are left out."""
    row = {key: value for key, value in case.content().items() if value not in (None, ())}
    row["tags"] = list(case.tags)
    if not case.tags:
        del row["tags"]
    properties = schema.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    required = schema.get("required")
    inputs = row.pop(_INPUTS)
    if _INPUTS in properties or (isinstance(required, list) and _INPUTS in required):
        own = properties.get(_INPUTS)
        of_inputs = own.get("properties") if isinstance(own, Mapping) else None
        row[_INPUTS] = _converted(inputs, of_inputs)
    else:
        row = {**inputs, **row}
    return dict(without_spelling(_converted(row, properties)))


def _converted(values: Mapping[str, Any], properties: Any) -> dict[str, Any]:
    """Cells as what the schema says they are, other values unchanged. Raises DatasetError."""
    properties = properties if isinstance(properties, Mapping) else {}
    made = {}
    for name, value in values.items():
        wanted = properties.get(name)
        kind = wanted.get("type") if isinstance(wanted, Mapping) else None
        if isinstance(value, UntypedText) and isinstance(kind, str) and is_typed(kind):
            try:
                value = typed(value, kind)
            except DatasetError as error:
                raise DatasetError(f"$.{name} {error.message}") from error
        elif isinstance(value, str):
            value = str(value)
        made[name] = value
    return made
