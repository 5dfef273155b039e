"""Rows of the small lists: cells by column, in the order in which they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.tui.table.filters import Value
from workbench.tui.table.table_model import Sign


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row of a small list; what it means beyond its text is in `key`."""

    key: str
    cells: Mapping[str, str]
    signs: Mapping[str, Sign] = field(default_factory=dict)
    sign: Sign = ""
    place: int = 0

    def rank(self) -> tuple[Any, ...]:
        return (self.place,)

    def cell(self, column: str) -> str:
        return self.cells.get(column, "")

    def cell_sign(self, column: str) -> Sign:
        return self.signs.get(column, "")

    def haystack(self) -> str:
        return " ".join(self.cells.values())

    def value(self, field: str) -> Value:
        return self.cells.get(field)
