"""Reads datasets from files: one generator of rows per format, and one function for cases."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from workbench.datasets.case_checks import case_checks
from workbench.datasets.cells import with_numbers
from workbench.datasets.delimited import read_csv, read_tsv
from workbench.datasets.json_values import MAX_DEPTH, MAX_INTEGER, as_text, parse_json
from workbench.datasets.tool_results import HINT as TOOL_RESULTS_HINT
from workbench.datasets.tool_results import tool_results_problem
from workbench.datasets.values import CASE_KEYS, CHECKS, TOOL_RESULTS, Case, Dataset
from workbench.errors import DatasetError
from workbench.fingerprints import fingerprint
from workbench.json_text import without_spelling
from workbench.prompts.files.strict_yaml import parse_yaml, yaml_as_text
from workbench.prompts.files.untyped import UntypedText
from workbench.suggestions import did_you_mean
from workbench.units import plural

MAX_BYTES = 1_000_000_000

Row = tuple[str, Mapping[str, Any]]
"""The location, such as `line 3`, and the parsed row."""


def read_dataset(path: Path) -> Dataset:
    """The dataset in a file, by its suffix, see SUFFIXES.

    Raises DatasetError naming the file, the line and what to do.
    """
    return dataset_from_rows(path.stem, read_rows(path), str(path))


@dataclass(frozen=True, slots=True)
class Part:
    """What is read of a table that has more."""

    columns: frozenset[str] | None = None
    """The columns that are needed, beside a case's own fields; None: all."""
    sheet: str = ""
    """The sheet of a spreadsheet; empty: the first visible one."""


def read_rows(path: Path, part: Part | None = None) -> Iterator[Row]:
    """The rows of a file, by its suffix. Raises DatasetError."""
    if path.suffix.lower() in TABLES:
        return _table(path, str(path), part or Part())
    return _reader_of(path)(_text_of(path), str(path))


def rows_in(path: Path, data: bytes, where: str, part: Part | None = None) -> Iterator[Row]:
    """The rows in another content of a file; `where` names it in messages."""
    if path.suffix.lower() in TABLES:
        return _table_in(path, data, where, part or Part())
    return _reader_of(path)(decode(data, where), where)


def _table_in(path: Path, data: bytes, where: str, part: Part) -> Iterator[Row]:
    # The readers of tables seek in files of their own.
    with TemporaryDirectory(prefix="workbench-") as folder:
        copy = Path(folder, f"table{path.suffix.lower()}")
        copy.write_bytes(data)
        yield from _read_table(copy, where, part)


def _table(path: Path, where: str, part: Part) -> Iterator[Row]:
    """The rows of a regular file that does not change meanwhile."""
    with regular_file(path):
        yield from _read_table(path, where, part)


def _read_table(path: Path, where: str, part: Part) -> Iterator[Row]:
    if path.suffix.lower() == XLSX:
        from workbench.datasets.tables.xlsx import read_xlsx

        return read_xlsx(path, where, part.sheet)
    from workbench.datasets.tables.parquet import read_parquet

    return read_parquet(path, where, part.columns)


def _reader_of(path: Path) -> Callable[[str, str], Iterator[Row]]:
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        known = ", ".join(SUFFIXES)
        raise DatasetError(
            f"{path}: no reader for {path.suffix or 'that'!r}", hint=f"one of {known}"
        )
    return reader


def dataset_from_rows(name: str, rows: Iterator[Row], where: str) -> Dataset:
    """A dataset of parsed rows; `where` names the source in messages. Raises DatasetError."""
    cases: list[Case] = []
    places: dict[str, str] = {}
    twice: list[str] = []
    unread: dict[str, str] = {}
    made_up = 0
    for place, row in rows:
        case = _case(row, f"{where}: {place}", len(cases))
        made_up += row.get("id") is None
        if case.id in places:
            twice.append(f"{case.id!r} on {places[case.id]} and {place}")
        places.setdefault(case.id, place)
        if "inputs" in row:
            for key in row:
                if key not in CASE_KEYS and key not in (TOOL_RESULTS, CHECKS):
                    unread.setdefault(str(key), place)
        cases.append(case)
    if twice:
        raise DatasetError(f"{where}: ids stand twice: {'; '.join(twice[:5])}")
    if not cases:
        raise DatasetError(f"{where}: 0 cases", hint="a row is {id, inputs, expected, tags, split}")
    notes = []
    if made_up:
        whose = "its" if made_up == 1 else "their"
        notes.append(f"{plural(made_up, 'case')} had no id: made from {whose} content")
    notes += [f"the key {key!r} is read by nothing: {_near(key)}" for key in unread]
    return Dataset(name, tuple(cases), where, tuple(notes), places, unread)


def _near(key: str) -> str:
    return did_you_mean(key, {*CASE_KEYS, TOOL_RESULTS, CHECKS})


def _case(row: Mapping[str, Any], where: str, position: int) -> Case:
    inputs = row.get("inputs")
    checks = case_checks(row, where)
    if inputs is None:
        taken = {*CASE_KEYS, CHECKS} if checks else CASE_KEYS
        inputs = {key: value for key, value in row.items() if key not in taken}
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
        id=made_up_id(row, position) if given is None else str(given),
        inputs=dict(inputs),
        expected=row.get("expected"),
        tags=tuple(as_text(tag) for tag in tags),
        split=_label(split),
        group=_label(group),
        tool_results=_tool_results(row, where),
        checks=checks,
    )


def _tool_results(row: Mapping[str, Any], where: str) -> Any:
    results = with_numbers(row.get(TOOL_RESULTS)) if "inputs" in row else None
    if isinstance(results, UntypedText):
        results = parse_json(results, f"{where}: {TOOL_RESULTS}") if results.strip() else None
    problem = "" if results is None else tool_results_problem(results)
    if problem:
        raise DatasetError(f"{where}: {TOOL_RESULTS} {problem}", hint=TOOL_RESULTS_HINT)
    return results


def made_up_id(row: Mapping[str, Any], position: int) -> str:
    """The id of a row that has none, from its content and its position among the rows."""
    return f"{fingerprint(without_spelling(row))[:8]}-{position}"


def _label(value: Any) -> str | None:
    """A split or group, without surrounding white space; None if blank."""
    return None if value is None else as_text(value).strip() or None


def _check_values(value: Any, where: str, depth: int = 0) -> None:
    """Refuse values that cannot be stored or sent: lone surrogates, huge numbers, deep nesting."""
    if depth > MAX_DEPTH:
        raise DatasetError(f"{where}: nested deeper than {MAX_DEPTH}")
    if isinstance(value, str):
        if value.isascii():
            return
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
    """The whole file as text; it must be a regular file and not change while it is read."""
    with regular_file(path) as file:
        data = file.read()
    return decode(data, str(path))


@contextmanager
def regular_file(path: Path, most: int = MAX_BYTES) -> Iterator[BinaryIO]:
    """The open file, of so many bytes at most. Raises DatasetError for one that changes meanwhile,
    too.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError as error:
        raise DatasetError(f"no dataset at {path}") from error
    except OSError as error:
        raise DatasetError(f"{path}: {error.strerror}") from error
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        os.close(handle)
        raise DatasetError(f"{path} is not a regular file")
    with os.fdopen(handle, "rb") as file:
        if status.st_size > most:
            raise DatasetError(f"{path} is larger than {most // 1_000_000} MB")
        yield file
        if _state(os.fstat(handle)) != _state(status):
            raise DatasetError(f"{path} changed while it was read", hint="try again")


def _state(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns


def decode(data: bytes, where: str) -> str:
    """Decode UTF-8, with or without a byte order mark. Raises DatasetError, with a guess."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DatasetError(f"{where} is UTF-16", hint="save it as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        guess = "Latin-1 or Windows-1252"
        problem = f"{where}: byte {error.start} is not UTF-8 ({guess}, perhaps)"
        raise DatasetError(problem, hint="save it as UTF-8") from error


def _jsonl(text: str, where: str) -> Iterator[Row]:
    return jsonl_rows(enumerate(_lines(text), 1), where)


def _lines(text: str) -> Iterator[str]:
    """The lines of a text one by one: all at once they would double the memory of a large file."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def jsonl_rows(lines: Iterable[tuple[int, str]], where: str) -> Iterator[Row]:
    """The rows in numbered lines of JSON; blank ones are none. Raises DatasetError."""
    for number, line in lines:
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
    rows = list(_listed(parse_yaml(text, where, DatasetError, verbatim=True), where))
    if any(_is_boolean(row.get("expected")) for _, row in rows):
        written = _listed(yaml_as_text(text, where, DatasetError), where)
        for (_, row), (_, texts) in zip(rows, written, strict=True):
            row["expected"] = _as_written(row.get("expected"), texts.get("expected"))
    return iter(rows)


def _is_boolean(expected: Any) -> bool:
    return any(isinstance(one, bool) for one in (expected, *_items(expected)))


def _as_written(expected: Any, text: Any) -> Any:
    """Keep the spelling of `True` and `FALSE`, with which text scorers compare."""
    if isinstance(expected, list):
        return [_as_written(*pair) for pair in zip(expected, text, strict=True)]
    is_plain = not isinstance(expected, bool) or text in ("true", "false")
    return expected if is_plain else UntypedText(text)


def _items(expected: Any) -> list[Any]:
    return expected if isinstance(expected, list) else []


def _listed(data: Any, where: str) -> Iterator[tuple[str, dict[Any, Any]]]:
    rows = data.get("cases") if isinstance(data, dict) else data
    if not isinstance(rows, list):
        raise DatasetError(f"{where}: a list of rows is needed")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise DatasetError(f"{where}: row {number} is not an object")
        yield f"row {number}", row


READERS: Mapping[str, Callable[[str, str], Iterator[Row]]] = {
    ".jsonl": _jsonl,
    ".json": _json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".yaml": _yaml,
    ".yml": _yaml,
}
"""Readers of text by suffix."""
XLSX = ".xlsx"
TABLES = (".parquet", XLSX)
"""Suffixes of binary tables, which are read only."""
SUFFIXES = (*READERS, *TABLES)
