"""The answers of a comparison beside each other: A and a candidate with their differences, then
the other candidates.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from workbench.present.safe_text import safe_line, safe_text
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.text_view import MAX_CHARS, TextView

COLUMN = 38
"""Least width of a side, in cells: three sides fit into 120, four into 160."""


class SideOutputs(Horizontal):
    """As many of the other candidates as there is room for; A and one of them always."""

    DEFAULT_CSS = """
    SideOutputs { height: 1fr; }
    SideOutputs > #outputs { width: 2fr; height: 100%; }
    SideOutputs > TextView { width: 1fr; height: 100%; border-left: solid $border; }
    """

    class Fitted(Message):
        """More or fewer candidates can be seen than before."""

    def __init__(self, context: DiffContext | None = None, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._equal_lines = context
        self._count = 0

    def compose(self) -> ComposeResult:
        yield DiffView(id="outputs", context=self._equal_lines)
        for _ in range(2):
            view = TextView()
            view.display = False
            yield view

    def show(self, further: Sequence[tuple[str, str]]) -> None:
        """The other candidates: a title and the answer, untrusted both."""
        self._count = len(further)
        for view, (title, output) in zip(self.query(TextView), further, strict=False):
            cut = safe_text(output[:MAX_CHARS])
            if len(output) > MAX_CHARS:
                cut += f"\n… {len(output) - MAX_CHARS:,} more characters are not shown"
            text = Content.assemble((safe_line(title), "bold"), "\n", Content(cut))
            view.show(text, raw=output)
        self._fit(self.size.width)

    @property
    def shown(self) -> int:
        """How many of them can be seen."""
        return sum(view.display for view in self.query(TextView))

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        room = max(0, width // COLUMN - 2)
        before = self.shown
        for at, view in enumerate(self.query(TextView)):
            view.display = at < min(self._count, room)
        if self.shown != before:
            self.post_message(self.Fitted())
