"""Pick one side of a comparison: a draft, a version, what is live somewhere, or a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.list_rows import ListRow
from workbench.tui.table.table_model import Column
from workbench.tui.widgets.plain_input import PlainInput

COLUMNS = (
    Column("ref", "ref", 26, frozen=True),
    Column("kind", "kind", 7),
    Column("score", "score", 6, "right"),
    Column("what", "what", 20, grows=True),
)


class PickRef(Dialog[str]):
    """Typing filters at once, enter picks."""

    MODE: ClassVar[str] = "help"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("help")
    first_field = "#refs-find"
    CSS: ClassVar[str] = """
    PickRef #dialog { height: 100%; max-height: 30; }
    PickRef #dialog #refs { height: 1fr; max-height: 100%; }
    """

    def __init__(self, title: str, rows: Sequence[ListRow], current: str = "") -> None:
        super().__init__(f"{title} · type to filter, enter picks it")
        self._ref_rows = rows
        self._current = current

    def body(self) -> Iterable[Widget]:
        empty = ("Nothing to compare here.", "Write a draft, or run one with F5.")
        yield PlainInput(id="refs-find", placeholder="filter · kind:run · !x", compact=True)
        yield CaseTable(COLUMNS, empty=empty, id="refs")

    def on_mount(self) -> None:
        self.query_one(CaseTable).load(self._ref_rows, cursor=self._current)

    @on(Input.Changed, "#refs-find")
    def _filter(self, message: Input.Changed) -> None:
        message.stop()
        # The key that opens filters elsewhere is pressed here too.
        typed = message.value.removeprefix("/")
        wanted = parse_filter(typed, [column.key for column in COLUMNS])
        self.problem(wanted.problem)
        if wanted.problem:
            return
        table = self.query_one(CaseTable)
        table.find(wanted)
        if typed:
            # The first that matches, not what was picked before.
            table.move_to(0)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        # A dialog goes on to the next field else.
        event.prevent_default()
        self._pick()

    @on(CaseTable.Opened)
    def _opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self._pick()

    def action_move(self, way: int) -> None:
        table = self.query_one(CaseTable)
        table.move_to(table.cursor_index + way)

    def _pick(self) -> None:
        key = self.query_one(CaseTable).cursor_key
        if key:
            self.dismiss(key)
        else:
            self.problem("nothing matches: shorten the filter")
