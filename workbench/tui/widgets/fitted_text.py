"""Text that says more where it has the screen to itself."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content

from workbench.tui.widgets.text_view import TextView

Make = Callable[[bool], Content]
"""The text in full, or short next to other panes."""


class FittedText(TextView):
    """Short next to other panes, in full while maximized."""

    _make: Make | None = None

    def show_fitted(self, make: Make) -> None:
        """Show it, and again as often as there is more or less room."""
        self._make = make
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        if self._make is not None:
            self.show(self._make(self.screen.maximized is self))
