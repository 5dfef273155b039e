"""Reads a sheet of XLSX by openpyxl: rows of untyped cells, each the text that a person sees."""

from __future__ import annotations

import importlib
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from workbench.datasets.delimited import table_rows
from workbench.errors import DatasetError, ExtraMissing
from workbench.suggestions import did_you_mean

INSTALL = "pip install 'prompt-workbench[xlsx]'"
MAX_UNPACKED = 500_000_000
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
_BLOCK = 1 << 20
_FIXED = re.compile(r"(?:#,##)?(0+)(?:\.(0+))?(%?)(?:_\))?")
"""Number formats without words: `0`, `000`, `0.00`, `#,##0.00`, `0 %` is another one."""
_DIGITS = 15
"""The significant digits that a spreadsheet keeps and shows."""
_VISIBLE = "visible"


def read_xlsx(path: Path, where: str, sheet: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of a sheet, by default the first visible one; its first row names the columns.

    Raises ExtraMissing, or DatasetError for what is broken, too large or has no value yet.
    """
    openpyxl = _openpyxl()
    _check_size(path, where)
    yield from table_rows(_texts(openpyxl, path, where, sheet), where)


def _texts(openpyxl: Any, path: Path, where: str, sheet: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the texts of each row. A formula is read beside its computed value."""
    try:
        opened = partial(openpyxl.load_workbook, path, read_only=True, keep_links=False)
        with closing(opened(data_only=True)) as values, closing(opened()) as formulas:
            both = (_rows(_sheet(book, where, sheet), where) for book in (values, formulas))
            for at, (cells, sources) in enumerate(zip(*both, strict=True), 1):
                for column, (cell, source) in enumerate(zip(cells, sources, strict=True), 1):
                    if cell.value is None and cell.data_type == "n" and source.data_type == "f":
                        raise DatasetError(
                            f"{where}: row {at}: the formula in column {column} has no value yet",
                            hint="open the file in a spreadsheet program and save it",
                        )
                yield f"row {at}", [seen(cell) for cell in cells]
    except (DatasetError, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever a broken file leads to
        problem = f"{where} cannot be read as XLSX: {type(error).__name__}: {error}"
        raise DatasetError(problem, hint="save it again as .xlsx") from error


def seen(cell: Any) -> str:
    """What a person sees in a cell, as an ISO date, and without thousands separators."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        is_day = value.time() == time() and not re.search(r"[hs]", cell.number_format, re.I)
        return value.date().isoformat() if is_day else value.isoformat()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return _number(value, cell.number_format)


def _number(value: Any, number_format: str) -> str:
    fixed = _FIXED.fullmatch(number_format)
    if fixed:
        whole, decimals, per_cent = fixed.groups()
        places = len(decimals or "")
        text = f"{value * 100 if per_cent else value:.{places}f}"
        width = len(whole) + (places + 1 if places else 0)
        return (f"-{text[1:].zfill(width)}" if text[0] == "-" else text.zfill(width)) + per_cent
    if float(value).is_integer() and abs(value) < 10**_DIGITS:
        return str(int(value))
    return f"{value:.{_DIGITS}g}"


def _rows(sheet: Any, where: str) -> Iterator[Sequence[Any]]:
    """The rows of cells, however large the file says that the sheet is."""
    sheet.reset_dimensions()
    for at, row in enumerate(sheet.iter_rows(), 1):
        if at > MAX_ROWS or len(row) > MAX_COLUMNS:
            raise DatasetError(f"{where}: row {at} is beyond the sizes of a sheet")
        yield row


def _sheet(workbook: Any, where: str, name: str) -> Any:
    names = [sheet.title for sheet in workbook.worksheets]
    if name:
        if name not in names:
            raise DatasetError(f"{where}: no sheet {name!r}", hint=did_you_mean(name, names))
        return workbook[name]
    for sheet in workbook.worksheets:
        if sheet.sheet_state == _VISIBLE:
            return sheet
    raise DatasetError(f"{where} has no visible sheet", hint="dataset.sheet names one")


def _check_size(path: Path, where: str) -> None:
    """Refuse an archive that unpacks to too many bytes, whatever it says of itself."""
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                with archive.open(member) as file:
                    while block := file.read(_BLOCK):
                        left -= len(block)
                        if left < 0:
                            size = MAX_UNPACKED // 1_000_000
                            raise DatasetError(f"{where} unpacks to more than {size} MB")
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        hint = "is it encrypted, or an older .xls?"
        raise DatasetError(f"{where} is no XLSX file: {error}", hint=hint) from error


def _openpyxl() -> Any:
    # It warns of what a sheet has beside its cells, such as data validation.
    warnings.filterwarnings("ignore", module="openpyxl")
    try:
        return importlib.import_module("openpyxl")
    except ModuleNotFoundError as error:
        raise ExtraMissing("reading XLSX needs openpyxl", hint=INSTALL) from error
