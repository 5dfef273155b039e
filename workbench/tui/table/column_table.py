"""A table whose columns can be hidden and shown."""

from __future__ import annotations

from collections.abc import Set
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message

from workbench.errors import WorkbenchError
from workbench.tui.context.column_choices import ColumnChoices
from workbench.tui.keys.keys import bindings
from workbench.tui.table.case_table import CaseTable


class ColumnsAsked(Message):
    """The columns of a table are to be chosen: the app opens the list."""

    def __init__(self, table: ColumnTable) -> None:
        super().__init__()
        self.table = table


class ColumnTable(CaseTable):
    """For screens where `-` and `+` are free. Choices are stored if the table has an id."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("columns")
    chosen_by_hand = False
    """Whether the user hid or showed a column."""

    def on_mount(self) -> None:
        choices = self._choices
        hidden = choices.hidden(self.id) if choices and self.id else None
        if hidden is None:
            return
        # The file may be of another version: at least one scrolling column stays visible.
        known = {column.key for column in self.columns.columns if not column.frozen}
        if known - hidden:
            self.chosen_by_hand = True
            self.set_columns(hidden & known)

    def action_hide_column(self) -> None:
        """Hide the cursor's column; a frozen one and the last one stay."""
        shown = self.columns.shown
        column = next((c for c in shown if c.key == self.cursor_column), None)
        if column is None or column.frozen or len(shown) < 3:
            return
        self.action_column(1)
        if self.cursor_column == column.key:
            self.action_column(-1)
        # A side of a comparison may be gone whose column was hidden.
        hidden = {c.key for c in self.columns.columns if c not in shown}
        self._choose({*hidden, column.key})

    def action_choose_columns(self) -> None:
        """A list of all columns to tick."""
        self.post_message(ColumnsAsked(self))

    def chosen(self, hidden: set[str] | None) -> None:
        """What the list of columns gave; None: it was closed."""
        if hidden is not None:
            self.columns.widths.clear()
            self._choose(hidden)

    @property
    def _choices(self) -> ColumnChoices | None:
        """The app's; a table alone in another app has none."""
        return getattr(self.app, "columns", None)

    def _choose(self, hidden: Set[str]) -> None:
        self.chosen_by_hand = True
        self.set_columns(hidden)
        choices = self._choices
        if choices and self.id:
            try:
                choices.choose(self.id, hidden)
            except WorkbenchError as error:
                tell = getattr(self.app, "tell", None)
                if tell:
                    tell(f"the columns were not saved: {error}", error=True)
