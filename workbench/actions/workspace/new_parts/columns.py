"""Rows of a file or of a pasted text, and what each of their columns is for a suite."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.datasets.fit import fitted
from workbench.datasets.readers import dataset_from_rows, read_rows, rows_in
from workbench.datasets.values import CASE_KEYS, CHECKS, TOOL_RESULTS, Case
from workbench.errors import DatasetError, TemplateError
from workbench.prompts.values import Prompt

UNUSED = "not used"
INPUT = "input "
"""What the role of an input begins with; its name follows."""
ROLES = ("expected", "id", "tags", "split", "group")
"""The roles of a case's own fields; those of inputs are INPUT and a name."""
_KEPT = (TOOL_RESULTS, CHECKS)
"""Keys of JSON rows that are fields of a case and no columns to choose."""
_USUAL = {
    "expected": ("expected", "label", "answer", "output", "target", "ideal", "reference", "class"),
    "id": ("id", "case_id", "key", "uid"),
    "tags": ("tags", "tag"),
    "split": ("split",),
    "group": ("group",),
}
"""Names of columns that are usual for each field, the likeliest first."""
MOST_COLUMNS = 50


@dataclass(frozen=True)
class Rows:
    """Rows with flat columns."""

    format: str
    """CSV, TSV, JSONL, JSON, ..."""
    columns: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, Any]], ...] = field(repr=False)
    """Each with its place in the source: `line 3`."""
    where: str = "pasted"

    def samples(self, column: str, most: int = 3) -> list[Any]:
        """Its first values that are not blank."""
        values = (row.get(column) for _, row in self.rows)
        given = (value for value in values if value is not None and str(value).strip())
        return [value for value, _ in zip(given, range(most), strict=False)]


def pasted_rows(text: str, *, named: bool = True) -> Rows:
    """The rows of a text: JSON, JSON Lines, or a table whose columns are separated by tabs, as
    spreadsheets copy them, by commas or by semicolons.

    `named`: the first row of a table has the columns' names. Raises DatasetError.
    """
    if not text.strip():
        raise DatasetError("no cases yet", hint="paste rows, or name a file")
    kind = _format_of(text)
    if kind in ("CSV", "TSV") and not named:
        text = f"{_made_up_header(text, kind)}\n{text}"
    path = Path(f"pasted.{kind.lower()}")
    return _flat(kind, tuple(rows_in(path, text.encode(), "pasted")), "pasted")


def file_rows(path: Path) -> Rows:
    """The rows of a dataset's file, by its suffix. Raises DatasetError."""
    return _flat(path.suffix.lstrip(".").upper(), tuple(read_rows(path)), str(path))


def _format_of(text: str) -> str:
    start = text.lstrip()[:1]
    first_line = text.lstrip().partition("\n")[0]
    if start == "{":
        return "JSONL" if first_line.rstrip().endswith("}") else "JSON"
    if start == "[":
        return "JSON"
    return "TSV" if "\t" in first_line else "CSV"


def _made_up_header(text: str, kind: str) -> str:
    text = text.lstrip("\r\n")
    line = text.partition("\n")[0]
    mark = "\t" if kind == "TSV" else ";" if ";" in line and "," not in line else ","
    try:
        first = next(iter(csv.reader(io.StringIO(text, newline=""), delimiter=mark)))
    except (csv.Error, StopIteration):
        first = [""]
    return mark.join(f"column_{at}" for at in range(1, len(first) + 1))


def _flat(kind: str, rows: Sequence[tuple[str, Mapping[str, Any]]], where: str) -> Rows:
    columns: dict[str, None] = {}
    flat = []
    for place, row in rows:
        inputs = row.get("inputs")
        if isinstance(inputs, Mapping):
            own = {key: value for key, value in row.items() if key != "inputs"}
            row = {
                (f"inputs.{key}" if key in own else str(key)): one for key, one in inputs.items()
            }
            row |= own
        columns |= dict.fromkeys(key for key in map(str, row) if key not in _KEPT)
        flat.append((place, row))
    if not flat:
        raise DatasetError(f"{where}: there is a header and no row below it")
    if len(columns) > MOST_COLUMNS:
        raise DatasetError(
            f"{where}: {len(columns)} columns, and {MOST_COLUMNS} can be chosen from",
            hint="take the others out, or write the suite by hand",
        )
    return Rows(kind, tuple(columns), tuple(flat), where)


def proposed_roles(columns: Sequence[str], inputs: Sequence[str]) -> dict[str, str]:
    """A role of each column, by its name: an input of the prompt, a field of a case, and the last
    free column for the only input that none is named like.
    """
    roles: dict[str, str] = {}
    by_name = {_plain(name): name for name in inputs}
    for column in columns:
        name = by_name.pop(_plain(column.removeprefix("inputs.")), None)
        if name is not None:
            roles[column] = INPUT + name
    for role, usual in _USUAL.items():
        likely = [c for name in usual for c in columns if _plain(c) == name and c not in roles]
        if likely:
            roles[likely[0]] = role
    free = [column for column in columns if column not in roles]
    for name, column in zip(by_name.values(), list(free), strict=False):
        roles[column] = INPUT + name
        free.remove(column)
    if "expected" not in roles.values() and len(free) == 1 and len(columns) > 1:
        roles[free.pop()] = "expected"
    roles |= {column: UNUSED if inputs else INPUT + column for column in free}
    return {column: roles[column] for column in columns}


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def cases_of(rows: Rows, roles: Mapping[str, str], prompt: Prompt | None) -> tuple[Case, ...]:
    """The cases that the rows make with these roles; their inputs are converted to the kinds that
    the prompt declares, and rows without an id are numbered. Raises DatasetError with the row's
    place.
    """
    _check_roles(roles, prompt)
    width = max(3, len(str(len(rows.rows))))
    made = (
        (place, {"id": f"case-{at:0{width}}", **_row(row, roles)})
        for at, (place, row) in enumerate(rows.rows, 1)
    )
    dataset = dataset_from_rows("cases", made, rows.where)
    if prompt is None:
        return dataset.cases
    cases = []
    for case in dataset.cases:
        try:
            cases.append(fitted(prompt, case, Path()))
        except (TemplateError, DatasetError) as error:
            place = dataset.places.get(case.id, case.id)
            raise DatasetError(
                f"{rows.where}: {place}: {error.message}", hint=error.hint
            ) from error
    return tuple(cases)


def _check_roles(roles: Mapping[str, str], prompt: Prompt | None) -> None:
    used = [role for role in roles.values() if role != UNUSED]
    twice = next((role for role in used if used.count(role) > 1), "")
    if twice:
        both = " and ".join(column for column, role in roles.items() if role == twice)
        raise DatasetError(f"{both} are both {twice}", hint="choose one of them")
    inputs = {role.removeprefix(INPUT) for role in used if role.startswith(INPUT)}
    if not inputs:
        raise DatasetError("no column is an input", hint="choose what the prompt is given")
    needed = [item.name for item in prompt.inputs if item.required] if prompt else []
    lacking = [name for name in needed if name not in inputs]
    if lacking:
        raise DatasetError(
            f"no column is the input {lacking[0]}, which the prompt needs",
            hint="choose the column, or make the input optional in the draft",
        )


def _row(row: Mapping[str, Any], roles: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {key: row[key] for key in _KEPT if row.get(key) is not None}
    inputs: dict[str, Any] = {}
    for column, role in roles.items():
        value = row.get(column)
        if role.startswith(INPUT):
            if column in row:
                inputs[role.removeprefix(INPUT)] = value
        elif role != UNUSED and value is not None and str(value).strip():
            made[role] = _field(role, value)
    return {"inputs": inputs, **made}


def _field(role: str, value: Any) -> Any:
    if role == "tags" and not isinstance(value, list):
        return str(value)
    if role == "id" and not isinstance(value, (str, int)):
        return str(value)
    return value


assert set(ROLES) | {"inputs"} == CASE_KEYS
