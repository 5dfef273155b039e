"""Pick one side of a comparison: a draft, a version, what is live somewhere, or a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget

from workbench.tui.dialogs.base import Dialog
from workbench.tui.list_rows import ListRow
from workbench.tui.table_model import Column
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.case_table import CaseTable

COLUMNS = (
    Column("ref", "ref", 26, frozen=True),
    Column("kind", "kind", 7),
    Column("score", "score", 6, "right"),
    Column("what", "what", 20, grows=True),
)


class PickRef(Dialog[str]):
    """Enter picks; `/` filters."""

    first_field = "#refs"
    DEFAULT_CSS: ClassVar[str] = """
    PickRef CasePane { height: 1fr; }
    PickRef #dialog { height: 100%; max-height: 30; width: 100%; max-width: 100; }
    """

    def __init__(self, title: str, rows: Sequence[ListRow], current: str = "") -> None:
        super().__init__(title)
        self._ref_rows = rows
        self._current = current

    def body(self) -> Iterable[Widget]:
        empty = ("Nothing to compare yet.", "Write a draft, or run one with F5.")
        yield CasePane(CaseTable(COLUMNS, empty=empty, id="refs"), "enter picks · / filters")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#refs", CaseTable).load(self._ref_rows, cursor=self._current)

    @on(CaseTable.Opened)
    def _picked(self, message: CaseTable.Opened) -> None:
        self.dismiss(message.key)
