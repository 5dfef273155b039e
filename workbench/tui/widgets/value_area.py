"""Lines to type in whose content cannot act on the terminal."""

from __future__ import annotations

from typing import Any

from rich.text import Text

from workbench.present.safe_text import safe_line
from workbench.tui.terminal.textual_private_area import LineArea


class ValueArea(LineArea):
    """Lines of a value that may hold anything; they are drawn safely and stay as they are."""

    def __init__(self, text: str, **options: Any) -> None:
        super().__init__(text, soft_wrap=True, tab_behavior="focus", **options)
        self.cursor_blink = False

    def get_line(self, line_index: int) -> Text:
        """One sign for one character, so that the cursor stays where it is."""
        line = self.document.get_line(line_index)
        if not (line.isascii() and line.isprintable()):
            line = "".join(char if char == "\t" else safe_line(char)[:1] for char in line)
        return Text(line, end="", no_wrap=True)

    def replace_text(self, text: str) -> None:
        """Another text as one edit, which undo takes back."""
        if text != self.text:
            self.history.checkpoint()
            self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
            self.history.checkpoint()
