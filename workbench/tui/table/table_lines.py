"""Lines of a table: cells cut to their columns, styled, as strips that can be cached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from workbench.present.safe_text import safe_line
from workbench.present.tables import fit
from workbench.tui.table.columns import Column
from workbench.tui.table.table_model import Order, TableRow

GUTTER = 2
"""Cells before the first column: the cursor's sign and a blank."""
GAP = 1

Styles = Mapping[str, Style]
"""By sign (`error`, `fail`, ...), and `row`, `header`, `column`, `cursor`."""


def flat(text: str, width: int, right: bool = False) -> str:
    """Untrusted text as one line of exactly `width` cells, `…` where it was cut, `⏎` for breaks."""
    keep = 8 * width + 64
    # Only what can be seen is made safe: an answer may have a megabyte on one line.
    piece = safe_line(text if len(text) <= keep else text[:keep])
    return fit(piece, width, "right" if right else "left")


@dataclass
class Layout:
    """Which columns are shown and how wide each is."""

    columns: tuple[Column[Any], ...]
    hidden: set[str] = field(default_factory=set)
    widths: dict[str, int] = field(default_factory=dict)
    """Set by the user or by fitting; else the column's own width."""
    _sized: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hidden |= {column.key for column in self.columns if column.hidden}

    @property
    def shown(self) -> list[Column[Any]]:
        """Frozen ones first."""
        seen = [column for column in self.columns if column.key not in self.hidden]
        return sorted(seen, key=lambda column: not column.frozen)

    def column(self, key: str) -> Column[Any]:
        """The column of that key, hidden or not. Raises KeyError."""
        for column in self.columns:
            if column.key == key:
                return column
        raise KeyError(key)

    def with_columns(self, columns: Iterable[Column[Any]]) -> Layout:
        """The same choices for other columns; new ones are hidden if they say so."""
        known = {column.key for column in self.columns}
        layout = Layout(tuple(columns), widths=self.widths)
        layout.hidden = self.hidden | {key for key in layout.hidden if key not in known}
        return layout

    def hide(self, keys: Iterable[str]) -> None:
        """Hide exactly these columns. Raises KeyError for an unknown key."""
        self.hidden = {self.column(key).key for key in keys}

    @property
    def first(self) -> str:
        """The key of the first column with a title: one of signs is nothing to sort or copy by."""
        shown = self.shown
        return next((column for column in shown if column.title), shown[0]).key

    @property
    def frozen_width(self) -> int:
        return GUTTER + sum(self.width(c) + GAP for c in self.shown if c.frozen)

    @property
    def total_width(self) -> int:
        return GUTTER + sum(self.width(c) + GAP for c in self.shown) - GAP

    def width(self, column: Column[Any]) -> int:
        return self._sized.get(column.key, self.widths.get(column.key, column.width))

    def fit_into(self, width: int) -> None:
        """Give what is left of `width` to the columns that grow."""
        self._sized = {c.key: self.widths.get(c.key, c.width) for c in self.shown}
        growing = [c for c in self.shown if c.grows and c.key not in self.widths]
        left = width - self.total_width
        for at, column in enumerate(growing):
            extra = max(0, left) // len(growing)
            self._sized[column.key] += left - extra * at if at == len(growing) - 1 else extra
            if left <= 0:
                self._sized[column.key] = self.widths.get(column.key, column.width)

    def place(self, key: str) -> tuple[int, int]:
        """Start and end of a scrolling column in cells, counted after the frozen ones."""
        at = 0
        for column in self.shown:
            if column.frozen:
                continue
            width = self.width(column)
            if column.key == key:
                return at, at + width
            at += width + GAP
        return 0, 0

    def column_at(self, x: int, scrolled: int) -> Column[Any] | None:
        """The column at a cell of the widget."""
        at = GUTTER
        for column in self.shown:
            start = at if column.frozen else at - scrolled
            if start <= x < start + self.width(column) + GAP:
                return column
            at += self.width(column) + GAP
        return None


def row_line(row: TableRow, layout: Layout, styles: Styles, *, cursor: bool) -> tuple[Strip, Strip]:
    """The frozen part and the rest of one row."""
    base = styles["row"]
    if row.sign:
        base += styles[row.sign]
    if cursor:
        base += styles["cursor"]
    frozen = [Segment("> " if cursor else "  ", base)]
    rest: list[Segment] = []
    for column in layout.shown:
        sign = column.cell_sign(row)
        style = base + styles[sign] if sign and not cursor else base
        text = flat(column.cell(row), layout.width(column), column.align == "right")
        part = frozen if column.frozen else rest
        part += (Segment(text, style), Segment(" " * GAP, base))
    return Strip(frozen), Strip(rest)


def header_line(
    layout: Layout, styles: Styles, order: Order, current: str, *, ascii_only: bool = False
) -> tuple[Strip, Strip]:
    """The titles; the column that keys work on is marked, the sorted one has an arrow."""
    base = styles["header"]
    frozen, rest = [Segment(" " * GUTTER, base)], list[Segment]()
    arrows = ("^", "v") if ascii_only else ("▲", "▼")
    sorted_by = order.column.key if order.column else ""
    for column in layout.shown:
        title = column.title
        if column.key == sorted_by:
            title = f"{title}{arrows[order.descending]}"
        width = layout.width(column)
        style = base + styles["column"] if column.key == current else base
        part = frozen if column.frozen else rest
        part += (Segment(flat(title, width, column.align == "right"), style),)
        part.append(Segment(" " * GAP, base))
    return Strip(frozen), Strip(rest)


def joined(parts: tuple[Strip, Strip], scrolled: int, width: int, fill: Style) -> Strip:
    """One line of exactly `width` cells, the second part moved left by `scrolled`."""
    frozen, rest = parts
    room = max(0, width - frozen.cell_length)
    return Strip.join([frozen, rest.crop_extend(scrolled, scrolled + room, fill)]).crop_extend(
        0, width, fill
    )


def widest(rows: Sequence[TableRow], column: Column[Any], at_most: int = 60) -> int:
    """The width that shows these rows' cells of a column in full."""
    from rich.cells import cell_len

    longest = max((cell_len(flat(column.cell(row), at_most).rstrip()) for row in rows), default=0)
    return max(len(column.title) + 1, longest)
