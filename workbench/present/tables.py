"""Plain text tables, measured in terminal cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.cells import cell_len, set_cell_size

from workbench.present.safe_text import safe_line

Align = Literal["left", "right"]

CUT = "…"


def fit(text: str, width: int, align: Align = "left") -> str:
    """`text` in exactly `width` terminal cells; truncated text ends in `…`."""
    if width <= 0:
        return ""
    # A cell holds few characters: text far beyond the width need not be measured.
    if len(text) > 8 * width + 64:
        text = text[: 8 * width + 64]
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, width - 1) + CUT
    blanks = " " * (width - length)
    return blanks + text if align == "right" else text + blanks


def lay_out(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a table: header, then rows. Cells are made safe here."""
    safe = [[safe_line(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(cell_len(row[at]) for row in safe) for at in range(len(headers))]
    return [
        "  ".join(fit(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in safe
    ]
