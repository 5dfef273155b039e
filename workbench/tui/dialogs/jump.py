"""One key to any pane: labels over what can have the focus, and over the modes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widget import Widget

from workbench.tui.keys import keys
from workbench.tui.widgets.text import PlainLabel

LETTERS = "asdfghjklqwertyuiopzxcvbnm"


class Jump(ModalScreen[Widget]):
    """Closes with the picked widget; ESC picks none."""

    MODE: ClassVar[str] = "jump"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("jump")

    def __init__(self, panes: list[tuple[Widget, Offset]]) -> None:
        super().__init__()
        self._panes = dict(zip(LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        for letter, (_, offset) in self._panes.items():
            label = PlainLabel(f"{letter} ", classes="jump-label")
            label.absolute_offset = offset
            yield label

    def on_key(self, event: events.Key) -> None:
        """A letter picks its pane; any other key leaves."""
        event.stop()
        pane = self._panes.get(event.key)
        self.dismiss(pane[0] if pane else None)

    def action_cancel(self) -> None:
        self.dismiss(None)


def panes_of(screen: object) -> list[tuple[Widget, Offset]]:
    """The focusable widgets of a screen, with the place of each label from the top left.

    Labels cover no text: they lie on a corner of a border or on blanks before the first column.
    """
    from textual.screen import Screen

    assert isinstance(screen, Screen)
    panes = [(widget, widget.region.offset) for widget in screen.focus_chain if widget.region.area]
    return sorted(panes, key=lambda pane: (pane[1].y, pane[1].x))
