"""Reads CSV and TSV: rows of untyped cells."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from workbench.datasets.json_values import parse_json
from workbench.datasets.values import CASE_KEYS
from workbench.errors import DatasetError
from workbench.prompts.files.untyped import UntypedText

MAX_FIELD_CHARS = 10_000_000
_NAMES = frozenset({"id", "split", "group"})
_FIRST_RECORD = re.compile(r'\s*((?:"(?:[^"]|"")*"|[^"\r\n])*)')
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


def read_csv(text: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows of a file separated by commas, or by semicolons or tabs if its header has no comma.

    Raises DatasetError for a row that does not fit the header, and for another delimiter.
    """
    header = _FIRST_RECORD.match(text)
    unquoted = _QUOTED.sub("", header[1]) if header else ""
    delimiters = [mark for mark in ",;\t" if mark in unquoted]
    if unquoted.lower().startswith("sep="):
        raise DatasetError(
            f"{where}: line 1: {unquoted.strip()!r} is no header",
            hint="take the line out: commas, semicolons and tabs are found without it",
        )
    if "|" in unquoted and not delimiters:
        raise DatasetError(
            f"{where}: line 1: the columns are separated by '|'",
            hint="separate them by commas, semicolons or tabs",
        )
    return _rows(text, where, delimiters[0] if len(delimiters) == 1 else ",")


def read_tsv(text: str, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows of a file separated by tabs, with quotes as in CSV. Raises DatasetError."""
    return _rows(text, where, "\t")


def folded(text: str) -> str:
    """The text with LF line ends, so that an editor's or git's choice makes no difference."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def table_rows(
    records: Iterable[tuple[str, Sequence[str]]], where: str
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Rows of untyped cells; the first record that is not blank is the header.

    Records come with their places, such as `line 3`. Raises DatasetError.
    """
    header: list[str] = []
    for place, record in records:
        if not any(cell.strip() for cell in record):
            continue  # spreadsheets write empty rows after the last one
        if header:
            yield place, _cells(header, record, f"{where}: {place}")
        else:
            header = _header(record, where)


def _rows(text: str, where: str, delimiter: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return table_rows(_records(text, where, delimiter), where)


def _records(text: str, where: str, delimiter: str) -> Iterator[tuple[str, list[str]]]:
    csv.field_size_limit(MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            line, start = start, reader.line_num + 1
            yield f"line {line}", row
    except csv.Error as error:
        raise DatasetError(f"{where}: line {start}: {error}", hint="is a quote open?") from error


def _header(row: Sequence[str], where: str) -> list[str]:
    names = [name.strip() for name in row]
    while not names[-1]:
        names.pop()
    for name in names:
        if name and names.count(name) > 1:
            raise DatasetError(f"{where}: the column {name!r} stands twice")
    return names


def _cells(header: Sequence[str], row: Sequence[str], where: str) -> dict[str, Any]:
    """The row by column, without blank cells beyond the header or in unnamed columns."""
    if len(row) < len(header) or any(cell.strip() for cell in row[len(header) :]):
        raise DatasetError(f"{where} has {len(row)} cells, the header {len(header)}")
    cells: dict[str, Any] = {}
    for at, (name, cell) in enumerate(zip(header, row, strict=False), 1):
        if not name:
            if cell.strip():
                raise DatasetError(f"{where}: column {at} has no name", hint="name it, or empty it")
        elif name not in CASE_KEYS:
            cells[name] = UntypedText(folded(cell))
        elif cell.strip():
            cells[name] = _of_case(name, cell, where)
    return cells


def _of_case(name: str, cell: str, where: str) -> Any:
    if name in _NAMES:
        return cell.strip()
    if name == "inputs" or (name == "tags" and cell.lstrip().startswith("[")):
        return parse_json(cell, f"{where}: {name}")
    return UntypedText(folded(cell))
