"""One line to type in whose content cannot act on the terminal."""

from __future__ import annotations

from textual.geometry import Size
from textual.reactive import reactive
from textual.widgets import Input

from workbench.present.safe_text import safe_line


class PlainInput(Input):
    """What is pasted into it is made safe, and shown as it will be used."""

    virtual_size = reactive(Size(0, 0))
    """As the base class has it, but a longer text does not lay out the whole screen again."""

    def validate_value(self, value: str) -> str:
        return safe_line(value)
