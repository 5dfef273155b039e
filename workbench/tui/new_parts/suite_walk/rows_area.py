"""Rows to paste or type; a paste of thousands of them is kept aside and only begun to be shown."""

from __future__ import annotations

from typing import Any

from textual import events

from workbench.tui.widgets.text import plain
from workbench.tui.widgets.value_area import ValueArea

MOST_CHARS = 50_000
SHOWN_LINES = 100


class RowsArea(ValueArea):
    """Lines that do not wrap. Where they are too many to be edited, deleting takes all away."""

    def __init__(self, text: str, **options: Any) -> None:
        self._aside = text if len(text) > MOST_CHARS else ""
        super().__init__(_begun(text) if self._aside else text, **options)
        self.soft_wrap = False
        self.read_only = bool(self._aside)

    def on_mount(self) -> None:
        self._say()

    @property
    def rows_text(self) -> str:
        """All that was pasted or typed."""
        return self._aside or self.text

    def take(self, text: str) -> None:
        """Hold this text instead."""
        self._aside = text if len(text) > MOST_CHARS else ""
        self.read_only = bool(self._aside)
        self.load_text(_begun(text) if self._aside else text)
        self._say()

    def on_paste(self, event: events.Paste) -> None:
        """A large paste takes the place of what was there."""
        if len(event.text) > MOST_CHARS or self._aside:
            event.stop()
            event.prevent_default()
            self.take(event.text.replace("\r\n", "\n").replace("\r", "\n"))

    def on_key(self, event: events.Key) -> None:
        if self._aside and event.key in ("backspace", "delete"):
            event.stop()
            self.take("")

    def _say(self) -> None:
        lines = self._aside.rstrip("\n").count("\n") + 1
        shown = f"the first {SHOWN_LINES} of {lines:,} lines · backspace takes all away"
        self.border_subtitle = plain(shown if self._aside else "")


def _begun(text: str) -> str:
    return "\n".join(text.split("\n", SHOWN_LINES)[:SHOWN_LINES])
