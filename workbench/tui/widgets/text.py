"""Text on the screen that is never markup.

Textual's Static, Label and notify parse `[tags]` in a plain str: data would crash them or become
live links. Use these, and `plain` for titles and cells.
"""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.widgets import Label, Static

from workbench.present.safe_text import safe_line, safe_text


def plain(text: str, style: str = "") -> Content:
    """`text` on one line, safe for a terminal, as content that is no markup."""
    content = Content(safe_line(text))
    return content.stylize(style) if style else content


def plain_block(text: str, style: str = "") -> Content:
    """Like `plain`, with its lines kept."""
    content = Content(safe_text(text))
    return content.stylize(style) if style else content


class PlainStatic(Static):
    """A Static that shows a str as it is; give it Content for styles."""

    def __init__(self, text: str | Content = "", **options: Any) -> None:
        super().__init__(_content(text), markup=False, **options)

    def show(self, text: str | Content, *, layout: bool = True) -> None:
        """Put other text in; `layout=False` when its size cannot change."""
        self.update(_content(text), layout=layout)

    def show_as_high(self, text: str | Content) -> None:
        """Put other text in; the screen is laid out again only if this text is of another height.
        For a widget whose width does not depend on its text.
        """
        content, width = _content(text), self.content_size.width
        height = content.get_height(self.styles.get_rules(), width) if width else -1
        self.update(content, layout=height != self.content_size.height)


class PlainLabel(Label):
    """A Label that shows a str as it is."""

    def __init__(self, text: str | Content = "", **options: Any) -> None:
        super().__init__(_content(text), markup=False, **options)


def _content(text: str | Content) -> Content:
    return plain_block(text) if isinstance(text, str) else text
