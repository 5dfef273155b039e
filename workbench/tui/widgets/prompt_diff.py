"""The differences of two prompts over the whole screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from workbench.tui.keys import keys
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text import plain


class PromptDiffScreen(ReadingScreen):
    """`v` changes the view; `{`, `}` and `o` show less or more of what is equal; esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("prompt_diff"), *keys.bindings("diff")]

    def __init__(self, title: str, a: str, b: str, context: DiffContext | None = None) -> None:
        super().__init__(title, "v view · {/} context · o all lines · j/k scroll · esc close")
        self._texts = (a, b)
        self._equal_lines = context or DiffContext()

    def body(self) -> Iterable[Widget]:
        yield DiffView(context=self._equal_lines)

    def on_mount(self) -> None:
        view = self.query_one(DiffView)
        view.show(*self._texts)
        view.focus()

    @on(DiffView.Compared)
    def _compared(self, message: DiffView.Compared) -> None:
        rows = message.rows
        summary = "no difference" if rows.is_same else f"+{rows.added} -{rows.removed} lines"
        self.query_one(Vertical).border_subtitle = plain(summary)

    def action_view(self) -> None:
        self.query_one(DiffView).cycle_view()

    def action_context(self, way: int) -> None:
        self.say(self._equal_lines.step(way))
        self.query_one(DiffView).compare_again()

    def action_fold(self) -> None:
        self.say(self._equal_lines.toggle())
        self.query_one(DiffView).compare_again()
