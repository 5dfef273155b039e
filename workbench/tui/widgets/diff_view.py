"""Two texts and what differs between them, drawn line by line."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar, Literal

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.present.diff_rows import DiffRows, Mode, Piece, diff_rows, mode_for
from workbench.tui.keys.keys import bindings
from workbench.tui.table.copying import Copy, CopyMenuAsked, has_menu, to_clipboard
from workbench.tui.widgets.diff_context import DiffContext

View = Literal["auto", "split", "unified"]
VIEWS: tuple[View, ...] = ("auto", "split", "unified")

AT_ONCE_CHARS = 4_000
"""Texts up to this size are compared on the loop: that costs less than a thread."""
_KINDS = ("same", "removed", "added", "note", "removed-word", "added-word")

_rows = lru_cache(maxsize=64)(diff_rows)


class DiffView(ScrollView, can_focus=True):
    """Side by side where both halves have room, else unified; `v` chooses."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("text")
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"diff--{kind}" for kind in _KINDS}
    DEFAULT_CSS = """
    DiffView {
        background: $surface; color: $foreground; height: 1fr; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        & > .diff--removed { color: $text-error; }
        & > .diff--added { color: $text-success; }
        & > .diff--removed-word { color: $text-error; text-style: bold; }
        & > .diff--added-word { color: $text-success; text-style: bold; }
        & > .diff--note { color: $text-muted; }
    }
    """

    class Compared(Message):
        """The differences are on screen."""

        def __init__(self, view: DiffView, rows: DiffRows) -> None:
            super().__init__()
            self.view = view
            self.rows = rows

        @property
        def control(self) -> DiffView:
            return self.view

    def __init__(
        self,
        *,
        context: DiffContext | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """`context` may be shared; without one all lines are shown."""
        super().__init__(id=id, classes=classes)
        self.chosen: View = "auto"
        self.context = context or DiffContext(None)
        self._texts: tuple[str, str] | None = None
        self._rows = DiffRows((), 0, 0)
        self._look: dict[str, Style] = {}

    @property
    def compared_rows(self) -> DiffRows:
        """What is on screen."""
        return self._rows

    def show(self, a: str, b: str) -> None:
        """Compare two untrusted texts; long ones in a thread."""
        if self._texts != (a, b):
            self._texts = (a, b)
            self._compare(home=True)

    def clear(self) -> None:
        """Show nothing."""
        self._texts = None
        self._take(DiffRows((), 0, 0), home=True)

    def cycle_view(self) -> View:
        """Auto, side by side, unified."""
        self.chosen = VIEWS[(VIEWS.index(self.chosen) + 1) % len(VIEWS)]
        self._compare(home=False)
        return self.chosen

    def compare_again(self) -> None:
        """After `chosen` or the lines of `context` changed."""
        self._compare(home=True)

    @property
    def room(self) -> int:
        """Width without the scroll bar, in cells."""
        return self.scrollable_content_region.width

    @property
    def mode(self) -> Mode:
        return mode_for(self.room) if self.chosen == "auto" else self.chosen

    def action_copy(self) -> None:
        """The second text, as it came, to the clipboard."""
        if self._texts:
            to_clipboard(self, self._texts[1], "the second text")

    def copies(self) -> Sequence[Copy]:
        if self._texts is None:
            return ()
        from workbench.tui.table.row_copies import diff_copy

        return (Copy("this", "the second text", self._texts[1]), *diff_copy(*self._texts))

    def action_copy_menu(self) -> None:
        self.post_message(CopyMenuAsked(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "copy_menu" or has_menu(self)

    def action_half_page(self, way: int) -> None:
        self.scroll_relative(y=way * max(1, self.size.height // 2), animate=False)

    def render_line(self, y: int) -> Strip:
        index = y + self.scroll_offset.y
        width = self.room
        base = self.rich_style
        if index >= len(self._rows.rows):
            return Strip.blank(width, base)
        look = self._look or self._read_styles()
        segments = [
            Segment(piece.text, base + look[_kind(piece)]) for piece in self._rows.rows[index]
        ]
        return Strip(segments).crop_extend(0, width, base)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._look = {}

    def on_resize(self, event: events.Resize) -> None:
        del event
        self._compare(home=False)

    def _read_styles(self) -> dict[str, Style]:
        self._look = {
            kind: self.get_component_rich_style(f"diff--{kind}", partial=True) for kind in _KINDS
        }
        return self._look

    def _compare(self, *, home: bool) -> None:
        if self._texts is None or self.room < 8:
            return
        a, b = self._texts
        width, mode = self.room, self.mode
        # Two equal texts have nothing to stand around: they are there to be read.
        context = None if a == b else self.context.lines
        if len(a) + len(b) <= AT_ONCE_CHARS:
            self._take(_rows(a, b, width, mode, context=context), home=home)
            return

        async def compare() -> None:
            rows = await asyncio.to_thread(_rows, a, b, width, mode, context=context)
            self._take(rows, home=home)

        self.run_worker(compare(), exclusive=True, group="diff", exit_on_error=False)

    def _take(self, rows: DiffRows, *, home: bool) -> None:
        self._rows = rows
        self.virtual_size = Size(self.room, len(rows.rows))
        if home:
            self.scroll_to(y=0, animate=False, force=True)
        self.refresh()
        self.post_message(self.Compared(self, rows))


def _kind(piece: Piece) -> str:
    return f"{piece.kind}-word" if piece.marked else piece.kind
