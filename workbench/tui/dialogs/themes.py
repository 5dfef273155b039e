"""Choose the colours; the cursor shows each at once."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from workbench.errors import UsageError
from workbench.tui.base.dialog import Dialog
from workbench.tui.services.app_theme import configured_theme
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.terminal import theme_choice, themes

AUTO = "auto"
COLUMNS: tuple[Column[ListRow[str]], ...] = (
    Column("name", "theme", 24, lambda row: row.key, grows=True),
    Column("kind", "kind", 36, lambda row: row.item),
)
"""A row is the name of a theme; its item says which kind it is."""


class Themes(Dialog[None]):
    """ESC goes back to the theme before; enter keeps the one under the cursor."""

    first_field = "#themes"

    def __init__(self, now: str) -> None:
        super().__init__("Themes · enter keeps, esc goes back", "Keep")
        self._before = now

    def body(self) -> Iterable[Widget]:
        yield CaseTable(COLUMNS, id="themes")

    def on_mount(self) -> None:
        ours = [theme.name for theme in themes.OURS]
        known = self.app.available_themes
        names = [*ours, *sorted(name for name in known if name not in ours)]
        kinds = {AUTO: "as the settings or the terminal say"}
        kinds |= {name: "dark" if known[name].dark else "light" for name in names}
        rows = [ListRow(name, kind, at) for at, (name, kind) in enumerate(kinds.items())]
        mine = theme_choice.chosen(self.app.workspace.state)
        self.query_one(CaseTable).load(rows, cursor=self._before if mine else AUTO)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        if message.key:
            app = self.app
            app.theme = configured_theme(app) if message.key == AUTO else message.key

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self.confirm()

    def action_cancel(self) -> None:
        self.app.theme = self._before
        self.dismiss(None)

    def confirm(self) -> None:
        app, wanted = self.app, self.query_one(CaseTable).cursor_key
        try:
            theme_choice.choose_theme(app.workspace.state, "" if wanted == AUTO else wanted)
        except UsageError as error:
            app.tell(str(error), error=True)
        else:
            app.tell(f"{wanted} from now on, for you in this workspace")
        self.dismiss(None)
