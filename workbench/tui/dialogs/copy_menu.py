"""What to copy: one letter picks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from workbench.present import numbers
from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.copying import Copy, copies_at, to_clipboard
from workbench.tui.table.list_rows import ListRow
from workbench.tui.table.table_model import Column
from workbench.tui.terminal.textual_private import keymap_of

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.tui.context.app_context import AppContext

COLUMNS = (
    Column("key", "key", 4, frozen=True),
    Column("what", "copies", 26),
    Column("size", "chars", 7, "right"),
    Column("text", "text", 20, grows=True),
)


def open_copy_menu(app: AppContext, widget: Widget) -> None:
    """Ask which of what lies around the widget goes to the clipboard."""

    def picked(copy: Copy | None) -> None:
        if copy:

            def make(_session: Session) -> str:
                return copy.made()

            app.in_thread(make, done=lambda text: to_clipboard(widget, text, copy.name))

    offered = copies_at(widget)
    if offered:
        app.push_screen(CopyMenu(offered), picked)
    else:
        app.tell("nothing here to copy")


class CopyMenu(Dialog[Copy]):
    """Gives what was picked; ESC copies nothing."""

    MODE: ClassVar[str] = "copy"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("copy")
    first_field = "#copies"

    def __init__(self, copies: Sequence[Copy]) -> None:
        super().__init__("Copy · one letter picks")
        self._copies = {copy.id: copy for copy in copies}

    def body(self) -> Iterable[Widget]:
        yield CaseTable(COLUMNS, empty=("Nothing to copy here.",), id="copies")

    def on_mount(self) -> None:
        super().on_mount()
        rows = [self._row(copy, at) for at, copy in enumerate(self._copies.values())]
        self.query_one("#copies", CaseTable).load(rows)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "pick":
            return parameters[0] in self._copies
        return super().check_action(action, parameters)

    def action_pick(self, copy_id: str) -> None:
        self.dismiss(self._copies[copy_id])

    @on(CaseTable.Opened)
    def _opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self.dismiss(self._copies[message.key])

    def _row(self, copy: Copy, place: int) -> ListRow:
        action = keys.by_id(f"copy.{copy.id}")
        letters = keys.keys_of(action, keymap_of(self.app)) if action else ()
        size = text = ""
        if isinstance(copy.text, str):
            size, text = numbers.count(len(copy.text)), copy.text
        cells = {
            "key": " ".join(map(keys.display, letters)),
            "what": copy.name,
            "size": size,
            "text": text,
        }
        return ListRow(copy.id, cells, place=place)
