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


def lay_out(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    align: Sequence[Align] = (),
    width: int | None = None,
) -> list[str]:
    """Lines of a table: header, then rows. Cells are made safe here.

    With `width` the widest column shrinks until the table fits; no column goes under 4 cells.
    """
    safe = [[safe_line(cell) for cell in row] for row in (headers, *rows)]
    aligned = [*align, *(["left"] * (len(headers) - len(align)))]
    widths = [max(cell_len(row[at]) for row in safe) for at in range(len(headers))]
    if width is not None:
        _shrink(widths, width - 2 * (len(widths) - 1))
    return [
        "  ".join(
            fit(cell, size, "right" if how == "right" else "left")
            for cell, size, how in zip(row, widths, aligned, strict=True)
        ).rstrip()
        for row in safe
    ]


def _shrink(widths: list[int], room: int) -> None:
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= 4:
            return
        widths[widest] = max(4, widths[widest] - (sum(widths) - room))
        others = max((w for i, w in enumerate(widths) if i != widest), default=4)
        if widths[widest] < others:
            widths[widest] = max(4, others - 1)
