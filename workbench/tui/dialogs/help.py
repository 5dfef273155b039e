"""Every key that works here, to filter and to run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.keys.commands import Command
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.plain_input import PlainInput

ONLY_BY_KEY = frozenset(("dialog.yes",))
"""What a dialog asks to confirm is not confirmed from a list in which enter picks."""

COLUMNS: tuple[Column[ListRow[Command]], ...] = (
    Column("keys", "key", 12, lambda row: row.item.shown_keys),
    Column("label", "does", 20, lambda row: row.item.action.label),
    Column("help", "", 20, lambda row: row.item.action.help, grows=True),
    Column("group", "task", 9, lambda row: row.item.action.group),
    Column("section", "where", 11, lambda row: row.item.section),
)


class Help(Dialog[Command]):
    """Closes with the command picked with enter. Typing filters at once."""

    MODE: ClassVar[str] = "help"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("help")
    first_field = "#help-find"

    def __init__(self, commands: list[Command]) -> None:
        super().__init__("Keys · type to filter, enter runs it", no="Close")
        order = ("This dialog", "Here", "This screen", "Everywhere")
        groups = list(dict.fromkeys(command.action.group for command in commands))
        self._commands = sorted(
            commands,
            key=lambda command: (order.index(command.section), groups.index(command.action.group)),
        )

    def body(self) -> Iterable[Widget]:
        yield PlainInput(id="help-find", placeholder="filter", compact=True)
        yield CaseTable(COLUMNS, empty=("No key does that here.",), id="help")

    def on_mount(self) -> None:
        rows = [
            ListRow(c.action.id, c, at, searched=_texts(c)) for at, c in enumerate(self._commands)
        ]
        self.query_one(CaseTable).load(rows)

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

    def action_help(self) -> None:
        """The key that opened it."""
        self.dismiss(None)

    def _pick(self) -> None:
        key = self.query_one(CaseTable).cursor_key
        command = next((c for c in self._commands if c.action.id == key), None)
        if command and key in ONLY_BY_KEY:
            self.problem(f"{command.shown_keys}: only in the dialog itself; esc goes back to it")
        else:
            self.dismiss(command)


def _texts(command: Command) -> str:
    action = command.action
    return f"{command.shown_keys} {action.label} {action.help} {action.group} {command.section}"
