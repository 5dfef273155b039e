"""Rows of the datasets screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.datasets.values import Case
from workbench.tui.table.case_rows import flat_json
from workbench.tui.table.filters import Value
from workbench.tui.table.table_model import Column, Sign

CASE_COLUMNS = (
    Column("case", "case", 10, frozen=True),
    Column("split", "split", 6),
    Column("input", "input", 27, grows=True),
    Column("expected", "expected", 16),
    Column("tags", "tags", 12),
    Column("group", "group", 10, hidden=True),
)
"""Those that are not hidden are exactly as wide as 80 columns allow."""


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case of a dataset."""

    case: Case
    position: int

    @property
    def key(self) -> str:
        return self.case.id

    @property
    def sign(self) -> Sign:
        return ""

    @property
    def input(self) -> str:
        """All inputs, one after the other; with names where there are several."""
        inputs = self.case.inputs
        if len(inputs) == 1:
            return flat_json(next(iter(inputs.values())))
        return " · ".join(f"{name}: {flat_json(value)}" for name, value in inputs.items())

    def rank(self) -> tuple[Any, ...]:
        return (self.position,)

    def cell(self, column: str) -> str:
        value = self.value(column)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        return "quiet" if column in ("split", "tags") else ""

    def haystack(self) -> str:
        case = self.case
        return "\n".join((case.id, self.input, flat_json(case.expected), *case.tags))

    def value(self, field: str) -> Value:
        case = self.case
        match field:
            case "case":
                return case.id
            case "split":
                return case.split
            case "input":
                return self.input
            case "expected":
                return flat_json(case.expected) or None
            case "tags":
                return " ".join(case.tags) or None
            case "group":
                return case.group
        return None
