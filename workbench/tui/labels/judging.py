"""Where a person judges: a text, what was said so far, and a line for notes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text import PlainStatic
from workbench.tui.widgets.text_view import TextView

FRAME = 4
"""Columns of the frame and its padding."""
State = TypeVar("State")
Item = TypeVar("Item")


class JudgingScreen(ReadingScreen, Generic[State, Item]):
    """Override `keep_note` and `draw`; every key waits until the one before it is stored."""

    DEFAULT_CSS: ClassVar[str] = """
    JudgingScreen #standing { height: auto; max-height: 3; color: $text-muted; }
    JudgingScreen #note { height: 1; display: none; }
    JudgingScreen.-noting #note { display: block; }
    """

    def __init__(self, title: str, keys_line: str, state: State) -> None:
        super().__init__(title, keys_line)
        self.state = state
        """What is asked, and what was said so far."""
        self.back: Item | None = None
        """What was taken back, or has a new note: it stays."""

    def body(self) -> Iterable[Widget]:
        yield TextView(id="judged")
        yield PlainStatic(id="standing")
        yield PlainInput(
            placeholder="a note · enter keeps it, esc does not", compact=True, id="note"
        )

    @property
    def is_noting(self) -> bool:
        """Whether a note is being typed."""
        return self.has_class("-noting")

    def on_mount(self) -> None:
        self.query_one(TextView).focus()
        self.draw()

    def on_resize(self, event: events.Resize) -> None:
        del event
        self.draw()

    def draw(self) -> None:
        """Show what is judged now."""

    def keep_note(self, text: str) -> None:
        """Store a note on it."""

    def kept(self, state: State) -> None:
        """It was judged: on to the next."""
        self.back = None
        self.noted(state)

    def noted(self, state: State) -> None:
        """Something was stored, and it stays."""
        self.state = state
        self.draw()

    def undone(self, result: tuple[State, Item | None]) -> None:
        """The last word was taken back; the second is what it was about, None: there was none."""
        self.state, item = result
        self.back = item or self.back
        self.say("taken back" if item else "there is nothing to take back")
        self.draw()

    def put(self, text: str, standing: str) -> None:
        """Show a text from its beginning, and what was said so far."""
        view = self.query_one(TextView)
        if view.raw != text:
            view.show(text)
            view.scroll_home(animate=False)
        self.query_one("#standing", PlainStatic).show(standing)
        self.refresh_bindings()

    def action_note(self) -> None:
        self.add_class("-noting")
        self.query_one("#note", Input).focus()

    def action_close(self) -> None:
        if self.is_noting:
            self._end_note()
        else:
            self.dismiss()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        text = message.value
        self._end_note()
        if text.strip():
            self.keep_note(text)

    def _end_note(self) -> None:
        self.query_one("#note", Input).value = ""
        self.remove_class("-noting")
        self.query_one(TextView).focus()
