"""Lists to choose from whose texts are data: never markup, never raw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.content import Content
from textual.widgets import OptionList, RadioButton, RadioSet
from textual.widgets.option_list import Option

from workbench.present.safe_text import safe_line
from workbench.tui.widgets.text import plain

Named = tuple[str, str, str]
"""The id of an option, what it is called, and a sentence about it."""


def option(one: Named, width: int) -> Option:
    """An option of a list: its name in so many columns, then the sentence."""
    name, title, about = one
    head = plain(title).pad_right(max(0, width - plain(title).cell_length))
    return Option(Content.assemble(head, "  " + safe_line(about) if about else ""), id=name)


class PlainOptions(OptionList):
    """A list of named options; enter or a click chooses one."""

    def __init__(self, options: Sequence[Named] = (), **more: Any) -> None:
        super().__init__(markup=False, compact=True, **more)
        self.show(options)

    def show(self, options: Sequence[Named]) -> None:
        """List these instead."""
        width = max((plain(title).cell_length for _, title, _ in options), default=0)
        self.set_options([option(one, width) for one in options])
        if options:
            self.highlighted = 0

    @property
    def chosen(self) -> str:
        """The id of the option under the cursor; empty: none."""
        row = self.highlighted_option
        return row.id or "" if row else ""


class _PlainRadio(RadioButton):
    """Which one is chosen needs no colour."""

    BUTTON_LEFT, BUTTON_INNER, BUTTON_RIGHT = "(", " ", ")"

    def watch_value(self) -> None:
        self.BUTTON_INNER = "•" if self.value else " "
        super().watch_value()


class PlainRadios(RadioSet):
    """One of a few values, all of them to be seen."""

    def __init__(self, choices: Sequence[tuple[str, str]], value: str, **more: Any) -> None:
        """`choices`: each with what is shown of it, and its value."""
        self._values = [one for _, one in choices]
        buttons = [_PlainRadio("", one == value) for one in self._values]
        for button, (shown, _) in zip(buttons, choices, strict=True):
            button.label = plain(shown)
        super().__init__(*buttons, compact=True, **more)

    @property
    def choice(self) -> str:
        """The value that is chosen."""
        return self._values[max(0, self.pressed_index)]
