"""Tables for tests: Parquet by DuckDB, XLSX part by part."""

from __future__ import annotations

import zipfile
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import duckdb

_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SHEET_PART = "application/vnd.openxmlformats-officedocument.spreadsheetml"


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": 1})


def parquet(path: Path, query: str) -> Path:
    """A Parquet file with the result of a query."""
    _connection().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def xlsx(path: Path, **sheets: list[list[str]]) -> Path:
    """A workbook of sheets, whose cells are XML; "" is no cell."""
    names = list(sheets)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{at}.xml"'
        f' ContentType="{_SHEET_PART}.worksheet+xml"/>'
        for at in range(len(names))
    )
    listed = "".join(
        f'<sheet name="{name.removeprefix("hidden_")}" sheetId="{at + 1}" r:id="r{at}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name.startswith('hidden_') else ''}/>"
        for at, name in enumerate(names)
    )
    relations = "".join(
        f'<Relationship Id="r{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(len(names))
    )
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 14, 22, 2, 9, 164))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_PART}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_SHEET_PART}.styles+xml"/>'
        f"{overrides}</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1"'
        f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{relations}'
        f'<Relationship Id="styles" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts><numFmt numFmtId="164"'
        f' formatCode="000"/></numFmts><cellXfs>{formats}</cellXfs></styleSheet>',
    }
    for at, rows in enumerate(sheets.values()):
        body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
        parts[f"xl/worksheets/sheet{at}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def text_cell(text: str) -> str:
    """A cell with a text."""
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def number_cell(number: Any, style: int = 0) -> str:
    """A cell with a number; styles: 0 general, 1 date, 2 date and time, 3 0.00, 4 0%, 5 000."""
    return f'<c s="{style}"><v>{number}</v></c>'


def _cell(cell: str) -> str:
    return cell if not cell or cell.startswith("<c") else text_cell(cell)
