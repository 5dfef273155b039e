"""Writes cases as a dataset file that reads as exactly these cases."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.datasets.delimited import folded
from workbench.datasets.json_values import as_text, parse_json
from workbench.datasets.readers import READERS, dataset_from_rows, decode
from workbench.datasets.values import CASE_KEYS, Case
from workbench.errors import DatasetError, UsageError
from workbench.json_text import dumps


def written(path: Path, cases: Sequence[Case], fingerprint: str) -> str:
    """The text of a file at `path`, by its suffix, that reads as a dataset of this fingerprint.

    Lines of a JSONL file at `path` that hold the same cases are kept as they are. Raises UsageError
    when the format cannot hold the cases.
    """
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        text = "".join(f"{line}\n" for line in _lines(path, cases))
    elif suffix in (".json", ".yaml", ".yml"):
        text = "[\n" + ",\n".join(dumps(_row(case)) for case in cases) + "\n]\n"
    elif suffix in (".csv", ".tsv"):
        text = _delimited(cases, "\t" if suffix == ".tsv" else ",")
    else:
        raise UsageError(f"{path}: cases are written as {', '.join(READERS)}")
    try:
        made = dataset_from_rows(path.stem, READERS[suffix](text, str(path)), str(path))
    except DatasetError as error:
        raise _cannot_hold(path, suffix) from error
    if made.fingerprint != fingerprint:
        raise _cannot_hold(path, suffix)
    return text


def _cannot_hold(path: Path, suffix: str) -> UsageError:
    return UsageError(
        f"{path}: {suffix} cannot hold these cases as they were",
        hint="workbench dataset export writes them as .jsonl",
    )


def _row(case: Case) -> dict[str, Any]:
    content = {**case.content(), "inputs": dict(case.inputs), "tags": list(case.tags) or None}
    return {name: value for name, value in content.items() if value is not None}


def _lines(path: Path, cases: Sequence[Case]) -> list[str]:
    """A line per case; that of the file where it reads as the same case."""
    present: dict[str, tuple[Case, str]] = {}
    try:
        text = decode(path.read_bytes(), str(path))
        read = dataset_from_rows(path.stem, READERS[".jsonl"](text, str(path)), str(path))
    except (OSError, DatasetError):
        read = None  # what is there is replaced
    if read is not None:
        lines = [line for line in text.split("\n") if line.strip()]
        pairs = zip(read.cases, lines, strict=True)
        # A row without an id is named by its position.
        present = {c.id: (c, line) for c, line in pairs if "id" in parse_json(line, str(path))}
    made = []
    for case in cases:
        known, line = present.get(case.id, (None, ""))
        same = known is not None and repr(known.content()) == repr(case.content())
        made.append(line.rstrip("\r") if same else dumps(_row(case)))
    return made


def _delimited(cases: Sequence[Case], delimiter: str) -> str:
    """Columns of the cases' fields, where any has them, and of their inputs."""
    rows = []
    for case in cases:
        fields = {**_row(case), "tags": ",".join(case.tags)}
        inputs = fields.pop("inputs")
        rows.append({**fields, **{n: v for n, v in inputs.items() if n not in CASE_KEYS}})
    used = dict.fromkeys(name for row in rows for name, value in row.items() if value != "")
    out = io.StringIO()
    writer = csv.DictWriter(
        out, list(used), delimiter=delimiter, lineterminator="\n", extrasaction="ignore"
    )
    writer.writeheader()
    for row in rows:
        writer.writerow({name: folded(as_text(value)) for name, value in row.items()})
    return out.getvalue()
