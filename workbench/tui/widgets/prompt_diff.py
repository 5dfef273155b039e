"""The differences of two prompts over the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from workbench.tui import keys
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.text import PlainStatic, plain

CONTEXT = 3


class PromptDiffScreen(ModalScreen[None]):
    """`v` changes the view, `o` shows or folds what is equal, esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("prompt_diff")
    DEFAULT_CSS = """
    PromptDiffScreen { align: center middle; }
    PromptDiffScreen > Vertical {
        width: 100%; height: 100%; background: $surface; border: round $accent; padding: 0 1;
    }
    PromptDiffScreen PlainStatic { height: 1; color: $text-muted; }
    """

    def __init__(self, title: str, a: str, b: str) -> None:
        super().__init__()
        self._heading = title
        self._texts = (a, b)

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.border_title = plain(self._heading)
            yield DiffView(context=CONTEXT)
            yield PlainStatic("v view · o all lines · j/k scroll · esc close")

    def on_mount(self) -> None:
        view = self.query_one(DiffView)
        view.show(*self._texts)
        view.focus()

    @on(DiffView.Compared)
    def _compared(self, message: DiffView.Compared) -> None:
        rows = message.rows
        said = "no difference" if rows.is_same else f"+{rows.added} -{rows.removed} lines"
        self.query_one(Vertical).border_subtitle = plain(said)

    def action_close(self) -> None:
        self.dismiss()

    def action_view(self) -> None:
        self.query_one(DiffView).cycle_view()

    def action_fold(self) -> None:
        view = self.query_one(DiffView)
        view.context = None if view.context is not None else CONTEXT
        view.compare_again()
