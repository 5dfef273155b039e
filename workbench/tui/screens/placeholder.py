"""A mode whose screen is not there."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from workbench.tui.screens.base import ModeScreen
from workbench.tui.widgets.text import PlainStatic


class PlaceholderScreen(ModeScreen):
    """Says so."""

    def __init__(self, mode: str) -> None:
        self.MODE = mode  # type: ignore[misc]
        super().__init__()

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(f"{self.MODE} is not installed in this build")
