"""The private names of Textual's text areas that this program uses, see `textual_private.py`."""

from __future__ import annotations

import re

from textual.document._document import Document, EditResult, Location
from textual.document._document_navigator import DocumentNavigator
from textual.document._wrapped_document import WrappedDocument
from textual.widgets import TextArea

__all__ = ["LineArea", "Lines"]

_LINE_END = re.compile("\r\n?|\n")


class Lines(Document):
    """Text as lines that end with `\\n`, or each with `\\r\\n`, and with nothing else.

    Textual's own (8.2.8) also ends a line at U+2028, U+0085, form feeds and the like, and at ends
    that are mixed, and joins all of them with one sort: opening a text changed it.
    """

    def __init__(self, text: str) -> None:
        super().__init__("")
        is_windows = "\r\n" in text and text.count("\n") == text.count("\r\n")
        self._newline = "\r\n" if is_windows else "\n"
        self._lines = text.split(self._newline)

    def replace_range(self, start: Location, end: Location, text: str) -> EditResult:
        """Put `text` there; a `\\n` in it ends a line whatever ends those of the document."""
        top, bottom = sorted((start, end))
        replaced = self.get_text_range(top, bottom)
        before = "".join(self._lines[top[0] : top[0] + 1])[: top[1]]
        after = "".join(self._lines[bottom[0] : bottom[0] + 1])[bottom[1] :]
        if self._newline == "\r\n":
            text = text.replace("\r\n", "\n")
        lines = (before + text).split("\n")
        at = (top[0] + len(lines) - 1, len(lines[-1]))
        lines[-1] += after
        self._lines[top[0] : bottom[0] + 1] = lines
        return EditResult(at, replaced)


class LineArea(TextArea):
    """A TextArea that keeps every character of its text and survives undo."""

    def _set_document(self, text: str, language: str | None) -> None:
        del language
        self.document = Lines(text)
        self.wrapped_document = WrappedDocument(self.document, tab_width=self.indent_width)
        self.navigator = DocumentNavigator(self.wrapped_document)
        self._build_highlight_map()
        self.move_cursor((0, 0))
        self._rewrap_and_refresh_virtual_size()

    def _recompute_cursor_offset(self) -> None:
        """Clamp the cursor to the current text.

        Textual 8.2.8 undoes and redoes in this order: text, scroll bars, cursor. When a scroll bar
        appears or disappears it reads the cursor, which may be on a deleted line, and raises
        ValueError.
        """
        self._cursor_offset = self.wrapped_document.location_to_offset(
            self.clamp_visitable(self.cursor_location)
        )

    def _replace_via_keyboard(
        self, insert: str, start: Location, end: Location
    ) -> EditResult | None:
        """Typed or pasted: terminals and clipboards end lines as they like."""
        return super()._replace_via_keyboard(_LINE_END.sub("\n", insert), start, end)
