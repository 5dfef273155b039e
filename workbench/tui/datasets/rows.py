"""Rows of the datasets screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.datasets.values import Case
from workbench.present.case_values import input_text
from workbench.tui.table.case_texts import case_texts, flat_json
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.copying import Copy


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
        return input_text(self.case)

    def rank(self) -> tuple[Any, ...]:
        return (self.position,)

    def haystack(self) -> str:
        case = self.case
        return "\n".join((case.id, self.input, flat_json(case.expected), *case.tags))

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return self.case.content()

    def texts(self) -> Sequence[Copy]:
        """What can be copied of it."""
        return case_texts(self.case)


def _quiet(_row: CaseRow) -> Sign:
    return "quiet"


CASE_COLUMNS: tuple[Column[CaseRow], ...] = (
    Column("case", "case", 10, lambda row: row.case.id, frozen=True),
    Column("split", "split", 6, lambda row: row.case.split, sign=_quiet),
    Column("input", "input", 27, lambda row: row.input, grows=True),
    Column("expected", "expected", 16, lambda row: flat_json(row.case.expected) or None),
    Column("tags", "tags", 12, lambda row: " ".join(row.case.tags) or None, sign=_quiet),
    Column("group", "group", 10, lambda row: row.case.group, hidden=True),
)
"""Those that are not hidden are exactly as wide as 80 columns allow."""
