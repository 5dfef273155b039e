"""Controls of dialogs that Textual's own cannot be: their labels are data, and no state is told by
colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from workbench.present.safe_text import safe_line
from workbench.tui.keys import keys
from workbench.tui.widgets.text import plain


class Control(Widget, can_focus=True):
    """One line that is not typed into; enter goes on to the next field."""

    DEFAULT_CSS = """
    Control { height: 1; width: 1fr; }
    Control:focus { text-style: reverse; }
    """

    class Done(Message):
        """Enter: the next field."""

    def action_next(self) -> None:
        self.post_message(self.Done())


class Tick(Control):
    """A check box: `[x]` or `[ ]` and what it means."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("check")
    value: reactive[bool] = reactive(False)

    @dataclass
    class Changed(Message):
        """It was ticked, or the tick was taken off."""

        tick: Tick

    def __init__(self, label: str, value: bool = False, *, id: str) -> None:
        super().__init__(id=id)
        self._label = label
        self.set_reactive(Tick.value, value)

    def render(self) -> Content:
        return plain(f"[{'x' if self.value else ' '}] {self._label}")

    def action_tick(self) -> None:
        self.value = not self.value
        self.post_message(self.Changed(self))

    def on_click(self) -> None:
        self.action_tick()


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a list to choose from."""

    value: str
    label: str = ""
    """What is shown; empty: the value."""

    @property
    def shown(self) -> str:
        return safe_line(self.label or self.value)


class Choice(Control):
    """One of several: `< dev >  1 of 3`. Arrows change it; space lists them all."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("choice")
    value: reactive[str] = reactive("")

    @dataclass
    class Changed(Message):
        """Another one was chosen."""

        choice: Choice

    def __init__(
        self, options: Sequence[Option], value: str = "", *, id: str, takes_new: bool = False
    ) -> None:
        """`takes_new`: what is typed into its list and is none of them can be taken, too. Raises
        ValueError without an option.
        """
        super().__init__(id=id)
        self.takes_new = takes_new
        if not options:
            raise ValueError("nothing to choose from")
        self.options = tuple(options)
        known = {option.value for option in options}
        self.set_reactive(Choice.value, value if value in known else options[0].value)

    @property
    def index(self) -> int:
        """The place of what is chosen, from 0."""
        return next(at for at, option in enumerate(self.options) if option.value == self.value)

    def offer(self, options: Sequence[Option], value: str = "") -> None:
        """Other options; what was chosen stays chosen where it still can be."""
        self.options = tuple(options)
        known = {option.value for option in options}
        kept = value or self.value
        self.set_reactive(Choice.value, kept if kept in known else options[0].value)
        self.refresh()

    def render(self) -> Content:
        shown = self.options[self.index].shown
        if len(self.options) == 1:
            return plain(f"  {shown}")
        count = f"  {self.index + 1} of {len(self.options)}"
        room = max(1, self.size.width - len(count) - 4)
        label = plain(shown).truncate(room, ellipsis=True)
        return Content.assemble("< ", label, " >", (count, "$text-muted"))

    def choose(self, value: str) -> None:
        """Take one of the options, or a new one where those are taken."""
        if value not in {option.value for option in self.options}:
            self.options = (*self.options, Option(value))
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self))

    def action_step(self, way: int) -> None:
        at = max(0, min(self.index + way, len(self.options) - 1))
        self.choose(self.options[at].value)

    def action_list(self) -> None:
        if len(self.options) > 1 or self.takes_new:
            self.post_message(self.Listed(self))

    @dataclass
    class Listed(Message):
        """All of them are to be shown."""

        choice: Choice

    def on_click(self) -> None:
        self.action_list()
