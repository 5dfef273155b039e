"""What to copy: one letter picks it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from workbench.present import numbers
from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.copying import Copy, copies_at, to_clipboard
from workbench.tui.table.list_rows import ListRow
from workbench.tui.terminal.textual_private import keymap_of

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.tui.context.app_context import AppContext


@dataclass(frozen=True, slots=True)
class _Entry:
    """What can be copied, and the keys that pick it."""

    copy: Copy
    keys: str

    @property
    def text(self) -> str | None:
        """None where it has yet to be made."""
        return self.copy.text if isinstance(self.copy.text, str) else None


def _size(row: ListRow[_Entry]) -> int | None:
    return None if row.item.text is None else len(row.item.text)


def _shown_size(row: ListRow[_Entry]) -> str:
    size = _size(row)
    return "" if size is None else numbers.count(size)


COLUMNS: tuple[Column[ListRow[_Entry]], ...] = (
    Column("key", "key", 4, lambda row: row.item.keys, frozen=True),
    Column("what", "copies", 26, lambda row: row.item.copy.name),
    Column("size", "chars", 7, _size, _shown_size, align="right"),
    Column("text", "text", 20, lambda row: row.item.text, grows=True),
)


def open_copy_menu(app: AppContext, widget: Widget) -> None:
    """Open the copy menu for a widget and its ancestors."""

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
    """Closes with the picked entry; ESC copies nothing."""

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
        entries = [_Entry(copy, self._keys_of(copy)) for copy in self._copies.values()]
        rows = [ListRow(entry.copy.id, entry, at) for at, entry in enumerate(entries)]
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

    def _keys_of(self, copy: Copy) -> str:
        action = keys.by_id(f"copy.{copy.id}")
        pressed = keys.keys_of(action, keymap_of(self.app)) if action else ()
        return " ".join(map(keys.display, pressed))
