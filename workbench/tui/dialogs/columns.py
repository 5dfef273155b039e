"""Which columns of a table are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget
from textual.widgets import SelectionList
from textual.widgets.selection_list import Selection

from workbench.tui.dialogs.base import Dialog
from workbench.tui.table_model import Column


class Columns(Dialog[set[str]]):
    """Space ticks, ctrl+s takes it; closes with the keys of the hidden ones."""

    first_field = "#columns"
    DEFAULT_CSS: ClassVar[str] = """
    Columns #dialog { width: 50; }
    Columns SelectionList { height: auto; max-height: 14; border: none; }
    """

    def __init__(self, columns: Sequence[Column], hidden: Set[str]) -> None:
        super().__init__("Columns · space ticks", "Show these")
        self._columns = [column for column in columns if not column.frozen]
        self._hidden = hidden

    def body(self) -> Iterable[Widget]:
        yield SelectionList[str](
            *(
                Selection(Content(column.title), column.key, column.key not in self._hidden)
                for column in self._columns
            ),
            id="columns",
        )

    def confirm(self) -> None:
        ticked = set(self.query_one("#columns", SelectionList).selected)
        if not ticked:
            self.problem("one column at least")
            return
        self.dismiss({column.key for column in self._columns} - ticked)
