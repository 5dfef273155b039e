"""Which columns of a table are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow


@dataclass(frozen=True, slots=True)
class _Choice:
    """A column, and whether it is ticked."""

    title: str
    ticked: bool


COLUMNS: tuple[Column[ListRow[_Choice]], ...] = (
    # Signs that need no colour.
    Column("mark", "", 3, lambda row: "[x]" if row.item.ticked else "[ ]"),
    Column("column", "column", 20, lambda row: row.item.title, grows=True),
)


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

    def __init__(self, columns: Sequence[Column[Any]], hidden: Set[str]) -> None:
        super().__init__("Columns · space ticks", "Show these")
        self._titles = {column.key: column.title for column in columns if not column.frozen}
        self._ticked = set(self._titles) - hidden

    def body(self) -> Iterable[Widget]:
        yield TickTable(COLUMNS, empty=("There is nothing to choose.",), id="columns")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#columns", CaseTable).load(self._rows())

    def _rows(self) -> list[ListRow[_Choice]]:
        return [
            ListRow(key, _Choice(title, key in self._ticked), at)
            for at, (key, title) in enumerate(self._titles.items())
        ]

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Ticked, or clicked twice: show that column, or hide it."""
        message.stop()
        self._ticked ^= {message.key}
        message.table.put(self._rows())

    def confirm(self) -> None:
        if not self._ticked:
            self.problem("one column at least")
            return
        self.dismiss(set(self._titles) - self._ticked)
