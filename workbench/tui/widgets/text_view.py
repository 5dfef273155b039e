"""Text to read: wrapped, scrolled with the keys of lists, never markup."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content

from workbench.present.safe_text import safe_text
from workbench.tui.keys.keys import bindings
from workbench.tui.table.copying import Copy, CopyMenuAsked, has_menu, to_clipboard
from workbench.tui.widgets.text import PlainStatic

MAX_CHARS = 200_000


class TextView(VerticalScroll, can_focus=True):
    """A pane of text. Long text is cut, and says so."""

    ALLOW_MAXIMIZE = True
    BINDINGS: ClassVar[list[BindingType]] = bindings("text")
    DEFAULT_CSS = """
    TextView { height: 1fr; scrollbar-size-vertical: 1; & > PlainStatic { width: 1fr; } }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._body = PlainStatic()
        self._raw = ""

    def compose(self) -> ComposeResult:
        yield self._body

    @property
    def raw(self) -> str:
        """What is shown, as it came."""
        return self._raw

    def show(self, text: str | Content, raw: str | None = None) -> None:
        """Show a text. Content must have been made safe by the caller."""
        self._raw = raw if raw is not None else text if isinstance(text, str) else text.plain
        if isinstance(text, str):
            cut = text[:MAX_CHARS]
            if len(text) > MAX_CHARS:
                cut += f"\n… {len(text) - MAX_CHARS:,} more characters are not shown"
            text = Content(safe_text(cut))
        self._body.show_as_high(text)

    def action_copy(self) -> None:
        """The whole text, as it came, to the clipboard."""
        to_clipboard(self, self._raw)

    def copies(self) -> Sequence[Copy]:
        return (Copy("this", "the whole text", self._raw),)

    def action_copy_menu(self) -> None:
        self.post_message(CopyMenuAsked(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "copy_menu" or has_menu(self)

    def action_half_page(self, way: int) -> None:
        self.scroll_relative(y=way * max(1, self.size.height // 2), animate=False)
