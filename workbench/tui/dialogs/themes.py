"""Choose the colours; the cursor shows each at once."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from workbench.tui import themes
from workbench.tui.dialogs.base import Dialog
from workbench.tui.list_rows import ListRow
from workbench.tui.table_model import Column
from workbench.tui.widgets.case_table import CaseTable


class Themes(Dialog[None]):
    """ESC goes back to the theme before; enter keeps the one under the cursor."""

    first_field = "#themes"

    def __init__(self, now: str) -> None:
        super().__init__("Themes · enter keeps, esc goes back", "Keep")
        self._before = now

    def body(self) -> Iterable[Widget]:
        columns = (Column("name", "theme", 24, grows=True), Column("kind", "kind", 8))
        yield CaseTable(columns, id="themes")

    def on_mount(self) -> None:
        ours = [theme.name for theme in themes.OURS]
        known = self.app.available_themes
        names = [*ours, *sorted(name for name in known if name not in ours)]
        rows = [
            ListRow(name, {"name": name, "kind": _kind(known[name].dark)}, place=at)
            for at, name in enumerate(names)
        ]
        self.query_one(CaseTable).load(rows, cursor=self._before)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        if message.key:
            self.app.theme = message.key

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self.confirm()

    def action_cancel(self) -> None:
        self.app.theme = self._before
        self.dismiss(None)

    def confirm(self) -> None:
        self.dismiss(None)
        self.bench_app.tell(f'to keep it: theme = "{self.app.theme}" under [workspace]')


def _kind(dark: bool) -> str:
    return "dark" if dark else "light"
