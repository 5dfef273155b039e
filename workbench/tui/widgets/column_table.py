"""A table whose columns can be hidden and shown."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from workbench.tui.keys import bindings
from workbench.tui.widgets.case_table import CaseTable


class ColumnTable(CaseTable):
    """For screens where `-` and `+` mean nothing else."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("columns")
    chosen_by_hand = False
    """Whether somebody hid or showed a column."""

    def action_hide_column(self) -> None:
        """Hide the cursor's column; a frozen one and the last one stay."""
        shown = self.columns.shown
        column = next((c for c in shown if c.key == self.cursor_column), None)
        if column is None or column.frozen or len(shown) < 3:
            return
        self.chosen_by_hand = True
        self.action_column(1)
        if self.cursor_column == column.key:
            self.action_column(-1)
        self.set_columns({*self.columns.hidden, column.key})

    def action_choose_columns(self) -> None:
        """A list of all columns to tick."""
        from workbench.tui.dialogs.columns import Columns

        def chosen(hidden: set[str] | None) -> None:
            if hidden is not None:
                self.chosen_by_hand = True
                self.columns.widths.clear()
                self.set_columns(hidden)

        self.app.push_screen(Columns(self.columns.columns, self.columns.hidden), chosen)
