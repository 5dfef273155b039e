"""Base class of the six screens: tabs, status line, footer, and following the selection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from workbench.tui.context.app_context import AppContext
from workbench.tui.context.messages import SelectionChanged, TourMoved
from workbench.tui.context.selection import Selection
from workbench.tui.keys import keys
from workbench.tui.services.files_watch import FilesWatch
from workbench.tui.table.copying import Copy
from workbench.tui.terminal.textual_private import styled_as_mounted
from workbench.tui.widgets.chrome import KeyFooter, ModeTabs, StatusLine
from workbench.tui.widgets.tour_strip import TourStrip

if TYPE_CHECKING:
    from workbench.workspace import Workspace


LOOK_EVERY_S = 1.0
"""Seconds between two checks of the files behind a screen."""


class ModeScreen(Screen[None]):
    """A screen of one mode. Override `body`, `show`; say what to press next with `hint`.

    `watched` lists files; `files_changed` is called when one of them changes.
    """

    MODE: ClassVar[str]
    """Its scope in the table of keys; set BINDINGS = keys.bindings(MODE) too."""

    app = getters.app(AppContext)

    watched: ClassVar[Callable[[Workspace], Iterable[Path]] | None] = None

    def __init__(self) -> None:
        super().__init__()
        styled_as_mounted(self)
        self._files: FilesWatch | None = None
        self._is_looking = False

    def on_mount(self) -> None:
        keys.bind_keyless(self, self.MODE, self.app.workspace.settings.keys)
        paths, workspace = type(self).watched, self.app.workspace
        if paths is not None:
            self._files = FilesWatch(lambda: paths(workspace))
            self.set_interval(LOOK_EVERY_S, self._look_at_files)

    def files_changed(self) -> None:
        """A watched file changed."""

    def _look_at_files(self) -> None:
        """Skipped while another screen is shown; resuming checks again."""
        if self._files is None or self._is_looking or self.app.screen is not self:
            return
        self._is_looking = True
        watch = self._files

        def looked(changed: bool) -> None:
            self._is_looking = False
            if changed:
                self.files_changed()

        self.app.in_thread(lambda _session: watch.changed(), done=looked)

    def compose(self) -> ComposeResult:
        yield ModeTabs(self.MODE, self.app.workspace.root.name)
        yield from self.body()
        yield TourStrip()
        yield StatusLine(id="status")
        yield KeyFooter()

    def body(self) -> Iterable[Widget]:
        """The widgets between the tabs and the status line."""
        return ()

    def show(self, selection: Selection) -> None:
        """Show what is selected. Called when the screen comes up and with each change."""

    def copies(self) -> Sequence[Copy]:
        """What can be copied besides the focused widget's own."""
        return ()

    def hint(self, text: str) -> None:
        """Say what to press next; shown while the status line has no message."""
        line = self.query_one("#status", StatusLine)
        line.hint = text
        line.fade()

    def on_screen_resume(self) -> None:
        if not self.app.runs.is_alive:
            self.query_one(ModeTabs).run = ""
        self.query_one("#status", StatusLine).fade()
        self._look_at_files()
        self.show(self.app.selection)
        self.query_one(TourStrip).show(self.app.tour.progress)
        self.app.tour.look()

    def on_tour_moved(self, message: TourMoved) -> None:
        self.query_one(TourStrip).show(message.progress)

    def on_selection_changed(self, message: SelectionChanged) -> None:
        self.query_one("#status", StatusLine).fade()
        # An outdated one would move the cursor back, which selects that again, for ever.
        if message.selection == self.app.selection:
            self.show(message.selection)
