"""Copying to the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from textual.message import Message
from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Copy:
    """One entry of the copy menu. Its key is that of the row `copy.ID` in the table of keys."""

    id: str
    name: str
    text: str | Callable[[], str]
    """As it came; a function where it takes long."""

    def made(self) -> str:
        return self.text if isinstance(self.text, str) else self.text()


@runtime_checkable
class HasCopies(Protocol):
    """A widget or a screen with something to copy in it."""

    def copies(self) -> Sequence[Copy]: ...


class CopyMenuAsked(Message):
    """Asks the app to open the copy menu for a widget and its ancestors."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget


def copies_at(widget: Widget) -> list[Copy]:
    """What can be copied here: a widget's own, then what its ancestors add."""
    copies: dict[str, Copy] = {}
    for node in widget.ancestors_with_self:
        if isinstance(node, HasCopies):
            for copy in node.copies():
                copies.setdefault(copy.id, copy)
    return list(copies.values())


def has_menu(widget: Widget) -> bool:
    """Whether an ancestor of the widget has something to copy too."""
    return any(isinstance(node, HasCopies) for node in widget.ancestors)


def to_clipboard(widget: Widget, text: str, what: str = "") -> None:
    """Copy with OSC 52, whose payload is base64: nothing in the text can act on the terminal.
    Shows the number of characters on the current screen and in the status line.
    """
    # A lone surrogate, from a dataset's JSON, cannot be encoded as UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    widget.app.copy_to_clipboard(text)
    text = f"copied {len(text):,} character{'' if len(text) == 1 else 's'}"
    text += f": {what}" if what else ""
    for speaker in (getattr(widget.screen, "say", None), getattr(widget.app, "tell", None)):
        if speaker:
            speaker(text)
