"""What the six screens share: tabs, status line, footer, and following the selection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from workbench.tui import keys
from workbench.tui.copying import Copy
from workbench.tui.messages import SelectionChanged
from workbench.tui.selection import Selection
from workbench.tui.widgets.chrome import KeyFooter, ModeTabs, StatusLine

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp


class ModeScreen(Screen[None]):
    """A screen of one mode. Override `body`, `show`; say what to press next with `hint`."""

    MODE: ClassVar[str]
    """Its scope in the table of keys; set BINDINGS = keys.bindings(MODE) too."""

    @property
    def bench_app(self) -> WorkbenchApp:
        return cast("WorkbenchApp", self.app)

    def on_mount(self) -> None:
        keys.bind_keyless(self, self.MODE, self.bench_app.workspace.settings.keys)

    def compose(self) -> ComposeResult:
        yield ModeTabs(self.MODE, self.bench_app.workspace.root.name)
        yield from self.body()
        yield StatusLine(id="status")
        yield KeyFooter()

    def body(self) -> Iterable[Widget]:
        """The widgets between the tabs and the status line."""
        return ()

    def show(self, selection: Selection) -> None:
        """Show what is selected. Called when the screen comes up and with each change."""

    def copies(self) -> Sequence[Copy]:
        """What can be copied here beside what has the focus."""
        return ()

    def hint(self, text: str) -> None:
        """What to press next, in the status line while nothing else is said."""
        line = self.query_one("#status", StatusLine)
        line.hint = text
        line.fade()

    def on_screen_resume(self) -> None:
        if not self.bench_app.runs.is_alive:
            self.query_one(ModeTabs).run = ""
        self.query_one("#status", StatusLine).fade()
        self.show(self.bench_app.selection)

    def on_selection_changed(self, message: SelectionChanged) -> None:
        self.query_one("#status", StatusLine).fade()
        self.show(message.selection)
