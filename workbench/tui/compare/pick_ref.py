"""Pick one side of a comparison: a draft, a version, what is live somewhere, or a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.present import numbers
from workbench.tui.base.dialog import Dialog
from workbench.tui.compare.refs import Ref
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.plain_input import PlainInput


def _score(row: ListRow[Ref]) -> str:
    return "" if row.item.score is None else numbers.score(row.item.score)


def _texts(ref: Ref) -> str:
    return f"{ref.kind} {ref.ref} {ref.what}"


COLUMNS: tuple[Column[ListRow[Ref]], ...] = (
    Column("ref", "ref", 26, lambda row: row.item.ref, frozen=True),
    Column("kind", "kind", 7, lambda row: row.item.kind),
    Column("score", "score", 6, lambda row: row.item.score, _score, align="right"),
    Column("what", "what", 20, lambda row: row.item.what, grows=True),
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

    def __init__(self, title: str, refs: Sequence[Ref], current: str = "") -> None:
        super().__init__(f"{title} · type to filter, enter picks it")
        self._refs = refs
        self._current = current

    def body(self) -> Iterable[Widget]:
        empty = ("Nothing to compare here.", "Write a draft, or run one with F5.")
        yield PlainInput(id="refs-find", placeholder="filter · kind:run · !x", compact=True)
        yield CaseTable(COLUMNS, empty=empty, id="refs")

    def on_mount(self) -> None:
        rows = [ListRow(r.ref, r, at, searched=_texts(r)) for at, r in enumerate(self._refs)]
        self.query_one(CaseTable).load(rows, cursor=self._current)

    @on(Input.Changed, "#refs-find")
    def _filter(self, message: Input.Changed) -> None:
        message.stop()
        # The key that opens filters elsewhere is pressed here too.
        typed = message.value.removeprefix("/")
        wanted = parse_filter(typed, COLUMNS)
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
        # The dialog's own handler would go to the next field.
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
