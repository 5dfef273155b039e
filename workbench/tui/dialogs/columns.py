"""Which columns of a table are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.list_rows import ListRow
from workbench.tui.table.table_model import Column

COLUMNS = (Column("mark", "", 3), Column("column", "column", 20, grows=True))
_MARKS = {True: "[x]", False: "[ ]"}
"""Signs that need no colour."""


class TickTable(CaseTable):
    """Its keys tick where those of other tables open."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tick")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in ("open", "peek") and super().check_action(action, parameters)

    def action_tick(self) -> None:
        self.action_open()


class Columns(Dialog[set[str]]):
    """Space ticks, ctrl+s takes it; closes with the keys of the hidden ones."""

    first_field = "#columns"
    DEFAULT_CSS: ClassVar[str] = "Columns #dialog { width: 50; }"

    def __init__(self, columns: Sequence[Column], hidden: Set[str]) -> None:
        super().__init__("Columns · space ticks", "Show these")
        self._titles = {column.key: column.title for column in columns if not column.frozen}
        self._ticked = set(self._titles) - hidden

    def body(self) -> Iterable[Widget]:
        yield TickTable(COLUMNS, empty=("There is nothing to choose.",), id="columns")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#columns", CaseTable).load(
            [
                ListRow(key, {"mark": _MARKS[key in self._ticked], "column": title}, place=at)
                for at, (key, title) in enumerate(self._titles.items())
            ]
        )

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Ticked, or clicked twice: show that column, or hide it."""
        message.stop()
        row = message.table.cursor_row
        if isinstance(row, ListRow):
            self._ticked ^= {row.key}
            mark = _MARKS[row.key in self._ticked]
            message.table.put([replace(row, cells={**row.cells, "mark": mark})])

    def confirm(self) -> None:
        if not self._ticked:
            self.problem("one column at least")
            return
        self.dismiss(set(self._titles) - self._ticked)
