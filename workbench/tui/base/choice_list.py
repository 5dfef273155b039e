"""All options of a choice, to filter and to pick one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.plain_input import PlainInput

COLUMNS: tuple[Column[ListRow[Option]], ...] = (
    Column("option", "", 20, lambda row: row.item.shown, grows=True),
)


class ChoiceList(Dialog[str]):
    """Closes with the value of the option picked with enter. Typing filters."""

    MODE: ClassVar[str] = "help"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("help")
    first_field = "#option-find"

    def __init__(self, title: str, choice: Choice) -> None:
        way = "type to filter, or a new one" if choice.takes_new else "type to filter"
        super().__init__(f"{title} · {way}, enter takes it")
        self._choice = choice

    def body(self) -> Iterable[Widget]:
        yield PlainInput(id="option-find", placeholder="filter", compact=True)
        yield CaseTable(COLUMNS, empty=("None is called that.",), id="options")

    def on_mount(self) -> None:
        super().on_mount()
        rows = [
            ListRow(option.value, option, at, searched=option.shown)
            for at, option in enumerate(self._choice.options)
        ]
        self.query_one(CaseTable).load(rows, cursor=self._choice.value)

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self.query_one(CaseTable).find(parse_filter(message.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._pick()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self._pick()

    def action_move(self, way: int) -> None:
        table = self.query_one(CaseTable)
        table.move_to(table.cursor_index + way)

    def _pick(self) -> None:
        key = self.query_one(CaseTable).cursor_key
        typed = self.query_one(PlainInput).value.strip()
        self.dismiss(key or (typed if self._choice.takes_new else "") or None)
