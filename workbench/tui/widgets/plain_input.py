"""One line to type in whose content cannot act on the terminal."""

from __future__ import annotations

from textual.widgets import Input

from workbench.present.safe_text import safe_line


class PlainInput(Input):
    """What is pasted into it is made safe, and shown as it will be used."""

    def validate_value(self, value: str) -> str:
        return safe_line(value)
