"""Datasets from files: one generator of rows a format, one place that makes cases of them."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError
from workbench.fingerprints import fingerprint
from workbench.prompts.strict_yaml import parse_yaml
from workbench.suggestions import did_you_mean

MAX_BYTES = 1_000_000_000
MAX_FIELD_CHARS = 10_000_000
MAX_DEPTH = 64
MAX_INTEGER = 2**63

Row = tuple[str, Mapping[str, Any]]
"""Where it stands, such as `line 3`, and the parsed row."""

_CASE_KEYS = {"id", "inputs", "expected", "tags", "split", "group"}


def read_dataset(path: Path) -> Dataset:
    """The dataset in a JSONL, JSON, CSV or YAML file, by its ending.

    Raises DatasetError naming the file, the line and what to do.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(READERS)
        raise DatasetError(
            f"{path}: no reader for {path.suffix or 'that'!r}", hint=f"one of {known}"
        )
    return dataset_from_rows(path.stem, reader(_text_of(path), str(path)), str(path))


def dataset_from_rows(name: str, rows: Iterator[Row], where: str) -> Dataset:
    """Cases of parsed rows; `where` names the source in messages."""
    cases: list[Case] = []
    places: dict[str, str] = {}
    twice: list[str] = []
    unread: dict[str, None] = {}
    made_up = 0
    for place, row in rows:
        case = _case(row, f"{where}: {place}", len(cases))
        made_up += row.get("id") is None
        if case.id in places:
            twice.append(f"{case.id!r} on {places[case.id]} and {place}")
        places.setdefault(case.id, place)
        if "inputs" in row:
            unread.update(dict.fromkeys(str(key) for key in row if key not in _CASE_KEYS))
        cases.append(case)
    if twice:
        raise DatasetError(f"{where}: ids stand twice: {'; '.join(twice[:5])}")
    if not cases:
        raise DatasetError(f"{where}: 0 cases", hint="a row is {id, inputs, expected, tags, split}")
    notes = [f"{made_up} cases had no id: made from their content"] if made_up else []
    notes += [f"the key {key!r} is read by nothing: {_near(key)}" for key in unread]
    return Dataset(name, tuple(cases), where, tuple(notes))


def _near(key: str) -> str:
    return did_you_mean(key, _CASE_KEYS)


def _case(row: Mapping[str, Any], where: str, position: int) -> Case:
    inputs = row.get("inputs")
    if inputs is None:
        inputs = {key: value for key, value in row.items() if key not in _CASE_KEYS}
    if not isinstance(inputs, Mapping) or not inputs:
        raise DatasetError(f"{where}: no inputs", hint='{"id": "1", "inputs": {"ticket": "..."}}')
    given = row.get("id")
    is_id = isinstance(given, (str, int)) and not isinstance(given, bool)
    if given is not None and (not is_id or str(given).strip() == ""):
        raise DatasetError(f"{where}: {given!r} is no id", hint="use text or a whole number")
    tags = row.get("tags") or ()
    if isinstance(tags, str):
        tags = [tag.strip() for tag in tags.split(",") if tag.strip()]
    if not isinstance(tags, (list, tuple)):
        raise DatasetError(f"{where}: tags must be a list")
    _check_values(row, where)
    split, group = row.get("split"), row.get("group")
    return Case(
        id=str(given) if given is not None else f"{fingerprint(row)[:8]}-{position}",
        inputs=dict(inputs),
        expected=row.get("expected"),
        tags=tuple(str(tag) for tag in tags),
        split=str(split) if split not in (None, "") else None,
        group=str(group) if group not in (None, "") else None,
    )


def _check_values(value: Any, where: str, depth: int = 0) -> None:
    """Refuses what cannot be stored or sent: lone surrogates, huge numbers, deep nesting."""
    if depth > MAX_DEPTH:
        raise DatasetError(f"{where}: nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            problem = f"{where}: half of a surrogate pair at character {error.start}"
            raise DatasetError(
                problem, hint="the file was cut in the middle of an emoji"
            ) from error
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int) and not -MAX_INTEGER <= value < MAX_INTEGER:
        raise DatasetError(f"{where}: a whole number beyond 64 bits", hint="write it as text")
    elif isinstance(value, float) and (value != value or abs(value) == float("inf")):
        raise DatasetError(f"{where}: NaN and infinities are refused")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _check_values(key, where, depth + 1)
            _check_values(item, where, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_values(item, where, depth + 1)


def _text_of(path: Path) -> str:
    """The whole file as text; only a regular file that does not change while it is read."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError as error:
        raise DatasetError(f"no dataset at {path}") from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        os.close(handle)
        raise DatasetError(f"{path} is not a regular file")
    with os.fdopen(handle, "rb") as file:
        if before.st_size > MAX_BYTES:
            raise DatasetError(f"{path} is larger than {MAX_BYTES // 1_000_000} MB")
        data = file.read()
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise DatasetError(f"{path} changed while it was read", hint="try again")
    return decode(data, str(path))


def decode(data: bytes, where: str) -> str:
    """UTF-8 text without a byte order mark; anything else is refused with a guess."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DatasetError(f"{where} is UTF-16", hint="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = "Latin-1 or Windows-1252"
        problem = f"{where}: byte {error.start} is not UTF-8 ({guess}, perhaps)"
        raise DatasetError(problem, hint="save it as UTF-8") from error


def _jsonl(text: str, where: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        row = parse_json(line, f"{where}: line {number}")
        if not isinstance(row, dict):
            hint = "one object a line; for a list, name the file .json"
            raise DatasetError(f"{where}: line {number} is not an object", hint=hint)
        yield f"line {number}", row


def _json(text: str, where: str) -> Iterator[Row]:
    return _listed(parse_json(text, where), where)


def _yaml(text: str, where: str) -> Iterator[Row]:
    return _listed(parse_yaml(text, where, DatasetError, verbatim=True), where)


def _listed(data: Any, where: str) -> Iterator[Row]:
    rows = data.get("cases") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise DatasetError(f"{where}: a list of rows is needed")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DatasetError(f"{where}: row {number} is not an object")
        yield f"row {number}", row


def _csv(text: str, where: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    try:
        header = next(reader, [])
        for name in header:
            if header.count(name) > 1:
                raise DatasetError(f"{where}: the column {name!r} stands twice")
        start = reader.line_num + 1
        for row in reader:
            line, start = start, reader.line_num + 1
            if not row:
                continue
            if len(row) != len(header):
                problem = f"{where}: line {line} has {len(row)} cells, the header {len(header)}"
                raise DatasetError(problem)
            cells = dict(zip(header, row, strict=True))
            yield f"line {line}", {k: v for k, v in cells.items() if k not in _CASE_KEYS or v}
    except csv.Error as error:
        raise DatasetError(f"{where}: line {start}: {error}", hint="is a quote open?") from error


def parse_json(text: str, where: str) -> Any:
    """JSON without duplicate keys, NaN or infinities. Raises DatasetError."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refused)
    except DatasetError as error:
        raise DatasetError(f"{where}: {error.message}") from error
    except json.JSONDecodeError as error:
        problem = f"{where}: column {error.colno}: {error.msg}"
        raise DatasetError(problem, hint="one JSON value, no comma after the last") from error
    except RecursionError as error:
        raise DatasetError(f"{where}: nested deeper than {MAX_DEPTH}") from error
    except ValueError as error:
        raise DatasetError(f"{where}: a number with too many digits") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        names = [key for key, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DatasetError(f"the key {twice!r} stands twice")
    return row


def _refused(constant: str) -> Any:
    raise DatasetError(f"{constant} is refused")


READERS: Mapping[str, Callable[[str, str], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".yaml": _yaml,
    ".yml": _yaml,
}
