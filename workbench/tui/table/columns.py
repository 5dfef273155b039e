"""A column of a table: what it shows of a row, what it sorts and filters by. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from workbench.present.tables import Align

R = TypeVar("R")
Value = str | float | None
"""What a table sorts and filters by; None where a row has nothing there."""
Sign = Literal["", "error", "fail", "pass", "quiet", "up", "down"]
"""What a row or a cell means; the widget has a style for each, and a word always says it too."""


@dataclass(frozen=True)
class Column(Generic[R]):
    """One column of a table whose rows are `R`; rows know no columns."""

    key: str
    """Its name in filters and in what is remembered of the user's choices."""
    title: str
    width: int
    """In cells; a column that grows has at least this."""
    value: Callable[[R], Value]
    """Sorts and filters; called once per row then."""
    text: Callable[[R], str] | None = None
    """What is shown if not the value; as it came: the widget makes it safe and cuts it."""
    sign: Callable[[R], Sign] | None = None
    align: Align = "left"
    grows: bool = False
    hidden: bool = False
    """Until the user shows it."""
    frozen: bool = False
    """Stays when the others scroll sideways."""

    def cell(self, row: R) -> str:
        """The text shown for a row."""
        if self.text is not None:
            return self.text(row)
        value = self.value(row)
        return "" if value is None else str(value)

    def cell_sign(self, row: R) -> Sign:
        """What the cell of a row means."""
        return self.sign(row) if self.sign is not None else ""
