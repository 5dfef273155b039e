"""What a row of a table offers to copy: a cell, all of it as JSON, and its texts as they came."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from workbench.present.unified import unified_diff
from workbench.tui.table.columns import Column
from workbench.tui.table.copying import Copy
from workbench.tui.table.table_model import TableRow


@runtime_checkable
class CopyableRow(Protocol):
    """A row that holds more than its cells."""

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values."""

    def texts(self) -> Sequence[Copy]:
        """The texts in it, as they came."""


def copies_of(row: TableRow) -> list[Copy]:
    """All of it as JSON, and the texts in it; nothing of a row that is its cells."""
    if not isinstance(row, CopyableRow):
        return []
    return [Copy("row", "the row as JSON", row_json(row.record())), *row.texts()]


def cell_and_row(
    row: TableRow, columns: Sequence[Column[Any]], column: Column[Any]
) -> Sequence[Copy]:
    """One cell, then what the row offers: of rows that hold nothing else their cells by title."""
    cell = Copy("this", f"the cell {column.title or column.key}", column.cell(row))
    cells = {c.title or c.key: c.cell(row) for c in columns}
    return [cell, *(copies_of(row) or [Copy("row", "the row as JSON", row_json(cells))])]


def diff_copy(a: str, b: str) -> list[Copy]:
    """The differences of two texts, where there are any."""
    if a == b:
        return []
    return [Copy("diff", "A and B as a unified diff", lambda: unified_diff(a, b, "A", "B"))]


def row_json(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, default=str)
