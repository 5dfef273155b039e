"""What a version rests on and what rests on it, as a tree to read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.actions.session import Session
from workbench.lineage.values import Lineage
from workbench.present.lineage_lines import lineage_lines
from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text_view import TextView


def open_lineage(app: AppContext) -> None:
    """Read the lineage of the selected version, or of the newest one, and show it."""
    prompt_id, version = app.selection.prompt_id, app.selection.version
    ref = f"{prompt_id}@{version}" if version else prompt_id

    def read(session: Session) -> Lineage:
        from workbench.actions.proving.lineage import lineage

        return lineage(session, ref)

    app.in_thread(read, done=lambda read: app.push_screen(LineageScreen(read)), opens=True)


class LineageScreen(ReadingScreen):
    """Closes with escape."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("lineage")

    def __init__(self, lineage: Lineage) -> None:
        super().__init__(f"Lineage of {lineage.version.name}", "j/k scroll · y copy · esc close")
        self._lineage = lineage

    def body(self) -> Iterable[Widget]:
        yield TextView(id="lineage")

    def on_mount(self) -> None:
        view = self.query_one(TextView)
        view.show("\n".join(lineage_lines(self._lineage)))
        view.focus()
