"""What the full-screen texts share: a frame, a line of keys that also says what was done, help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widget import Widget

from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys
from workbench.tui.table.copying import Copy
from workbench.tui.widgets.text import PlainStatic, plain

SAID_S = 8.0
"""Seconds that a message stays visible."""


class ReadingScreen(ModalScreen[None]):
    """Override `body`; give the frame its title with `show_title`."""

    BINDINGS: ClassVar[list[BindingType]] = keys.help_bindings()
    DEFAULT_CSS = """
    ReadingScreen { align: center middle; }
    ReadingScreen > Vertical {
        width: 100%; height: 100%; background: $surface; border: round $accent; padding: 0 1;
    }
    ReadingScreen #keys { height: 1; color: $text-muted; }
    """

    def __init__(self, title: str, keys_line: str) -> None:
        """`keys_line` is shown at the bottom until there is a message."""
        super().__init__()
        self._heading = title
        self._keys_line = keys_line
        self._fading: Timer | None = None

    app = getters.app(AppContext)

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = plain(self._heading)
            yield from self.body()
            yield PlainStatic(self._keys_line, id="keys")

    def body(self) -> Iterable[Widget]:
        """What is read."""
        return ()

    def show_title(self, title: str) -> None:
        """Name what is shown."""
        self.query_one(Vertical).border_title = plain(title)

    def say(self, text: str = "") -> None:
        """Show a message in the bottom line; without a text the keys are shown again.

        The status line of the screen below is covered.
        """
        if self._fading:
            self._fading.stop()
        self._fading = self.set_timer(SAID_S, self.say) if text else None
        self.query_one("#keys", PlainStatic).show(text or self._keys_line)

    def copies(self) -> Sequence[Copy]:
        """What can be copied besides the text."""
        return ()

    def action_close(self) -> None:
        self.dismiss()

    def action_help(self) -> None:
        self.app.action_help()
