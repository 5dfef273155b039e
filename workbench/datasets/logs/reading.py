"""The inputs that a prompt was asked with, as cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.datasets.json_values import parse_json
from workbench.datasets.logs.spans import (
    is_trace,
    messages_of,
    prompt_name,
    spans_of,
    variables_in,
)
from workbench.datasets.logs.unrender import unrendered
from workbench.datasets.readers import Row, dataset_from_rows, decode, read_rows, regular_file
from workbench.datasets.values import Dataset
from workbench.errors import DatasetError
from workbench.fingerprints import fingerprint
from workbench.json_text import without_spelling
from workbench.prompts.values import Prompt
from workbench.suggestions import did_you_mean
from workbench.units import plural

_CONTAINERS = ("inputs", "item", "vars", "variables", "input")
"""Columns in which other tools keep the inputs of a row."""
_BESIDE = ("expected", "tags")
"""What a row may say besides."""
_ID_DIGITS = 12


def logged_cases(
    path: Path, prompts: Sequence[Prompt], columns: Mapping[str, str] | None = None
) -> Dataset:
    """The different inputs in a log, each once, in order: a dataset's file, or traces.

    `prompts` say which inputs there are; `columns` names the column of an input where that differs.
    Spans of other prompts, and those of which no input can be read, are left out with a note. Ids
    are made of the inputs. Raises DatasetError, which names file and line.
    """
    names = list(dict.fromkeys(item.name for prompt in prompts for item in prompt.taken))
    needed = {i.name for p in prompts for i in p.taken if i.required and i.default is None}
    left_out: Counter[str] = Counter()
    rows: dict[str, tuple[str, dict[str, Any]]] = {}
    for place, row in _inputs(path, prompts, names, columns or {}, left_out):
        lacking = sorted(needed - row["inputs"].keys())
        if lacking:
            raise DatasetError(
                f"{path}: {place}: no input {lacking[0]!r}",
                hint=f"{did_you_mean(lacking[0], row['columns'])}; --map {lacking[0]}=COLUMN",
            )
        case_id = fingerprint(without_spelling(row["inputs"]))[:_ID_DIGITS]
        kept = {key: row[key] for key in ("inputs", *_BESIDE) if row.get(key)}
        rows.setdefault(case_id, (place, {"id": case_id, **kept}))
    if not rows:
        why = "; ".join(f"{plural(n, 'span')} {what}" for what, n in left_out.items())
        raise DatasetError(
            f"{path}: 0 inputs{f': {why}' if why else ''}", hint="--map INPUT=COLUMN"
        )
    dataset = dataset_from_rows(path.name, iter(rows.values()), str(path))
    notes = (f"{plural(count, 'span')} {what}" for what, count in left_out.items())
    return Dataset(
        dataset.name, dataset.cases, dataset.source, (*dataset.notes, *notes), dataset.places
    )


def _inputs(
    path: Path,
    prompts: Sequence[Prompt],
    names: Sequence[str],
    columns: Mapping[str, str],
    left_out: Counter[str],
) -> Iterator[Row]:
    for place, row in _rows(path):
        if not is_trace(row):
            yield place, _flat(row, names, columns)
            continue
        for span in spans_of(row):
            named = prompt_name(span)
            if named and named not in {prompt.prompt_id for prompt in prompts}:
                left_out["of other prompts"] += 1
                continue
            given = variables_in(span) or _read_back(prompts, messages_of(span))
            if given is None:
                left_out["whose messages no template of these prompts gives"] += 1
                continue
            yield place, _flat({"inputs": given}, names, columns)


def _read_back(prompts: Sequence[Prompt], messages: list[tuple[str, str]]) -> dict[str, str] | None:
    readings = (unrendered(prompt, messages) for prompt in prompts)
    return next((one for one in readings if one is not None), None)


def _rows(path: Path) -> Iterator[Row]:
    """Rows as datasets have them; a JSON object alone is one row."""
    if path.suffix.lower() == ".json":
        with regular_file(path) as file:
            data = parse_json(decode(file.read(), str(path)), str(path))
        if isinstance(data, dict) and "cases" not in data:
            yield "row 1", data
            return
    yield from read_rows(path)


def _flat(
    row: Mapping[str, Any], names: Sequence[str], columns: Mapping[str, str]
) -> dict[str, Any]:
    """The prompt's inputs in a row, and what else a case has."""
    boxes: Iterable[Any] = (row.get(key) for key in _CONTAINERS if key not in names)
    box = next((b for b in boxes if isinstance(b, Mapping)), row)
    inputs = {}
    for name in names:
        column = columns.get(name, name)
        for place in (box, row):
            if place.get(column) is not None:
                inputs[name] = place[column]
                break
    more = {str(key): row[key] for key in _BESIDE if key in row}
    return {**more, "inputs": inputs, "columns": list(box)}
