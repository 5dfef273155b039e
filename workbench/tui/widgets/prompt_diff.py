"""The differences of two prompts over the whole screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from workbench.tui import keys
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text import plain

CONTEXT = 3


class PromptDiffScreen(ReadingScreen):
    """`v` changes the view, `o` shows or folds what is equal, esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("prompt_diff")

    def __init__(self, title: str, a: str, b: str) -> None:
        super().__init__(title, "v view · o all lines · j/k scroll · esc close")
        self._texts = (a, b)

    def body(self) -> Iterable[Widget]:
        yield DiffView(context=CONTEXT)

    def on_mount(self) -> None:
        view = self.query_one(DiffView)
        view.show(*self._texts)
        view.focus()

    @on(DiffView.Compared)
    def _compared(self, message: DiffView.Compared) -> None:
        rows = message.rows
        said = "no difference" if rows.is_same else f"+{rows.added} -{rows.removed} lines"
        self.query_one(Vertical).border_subtitle = plain(said)

    def action_view(self) -> None:
        self.query_one(DiffView).cycle_view()

    def action_fold(self) -> None:
        view = self.query_one(DiffView)
        view.context = None if view.context is not None else CONTEXT
        view.compare_again()
