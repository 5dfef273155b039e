"""How a table looks: the lines of its rows, drawn when they come into sight and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from workbench.tui.table.columns import Column
from workbench.tui.table.table_lines import Layout, flat, header_line, joined, row_line
from workbench.tui.table.table_model import TableModel, TableRow

KEPT_LINES = 4_000

_STYLES = ("error", "fail", "pass", "quiet", "up", "down", "cursor", "header", "column")


class TableDrawing(ScrollView):
    """Draws the rows of a `TableModel`; who uses it moves the cursor."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"case-table--{name}" for name in _STYLES}
    DEFAULT_CSS = """
    TableDrawing {
        background: $surface; color: $foreground; height: 1fr; overflow-x: hidden;
        scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        & > .case-table--header { text-style: bold; color: $text-muted; }
        & > .case-table--column { text-style: bold underline; color: $foreground; }
        & > .case-table--cursor { background: $block-cursor-blurred-background; }
        & > .case-table--error { color: $text-error; text-style: bold; }
        & > .case-table--fail { color: $text-warning; }
        & > .case-table--pass { color: $text-success; }
        & > .case-table--quiet { color: $text-muted; }
        & > .case-table--up { color: $text-success; }
        & > .case-table--down { color: $text-error; }
        &:focus > .case-table--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &:ansi > .case-table--header { color: ansi_default; text-style: bold dim; }
        &:ansi > .case-table--quiet { color: ansi_default; text-style: dim; }
        &:ansi:focus > .case-table--cursor { text-style: reverse; }
    }
    """

    def __init__(
        self,
        columns: Sequence[Column[Any]],
        *,
        empty: Sequence[str] = ("Nothing here.",),
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = Layout(tuple(columns))
        self.model = TableModel()
        self.empty: Sequence[str] = empty
        """Lines shown while there is no row: what this is and what fills it. Trusted text."""
        self.cursor_column = self.columns.first
        self._cursor_index = 0
        self._scrolled = 0
        """Cells of the scrolling columns hidden on the left."""
        self._lines: dict[str, tuple[TableRow, bool, tuple[Strip, Strip]]] = {}
        self._styles: dict[str, Style] = {}

    @property
    def is_sorting(self) -> bool:
        """Whether its rows are being arranged, so that none can be shown yet."""
        return False

    @property
    def room(self) -> int:
        """Width without the scroll bar, in cells."""
        return self.scrollable_content_region.width

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def render_line(self, y: int) -> Strip:
        styles = self._styles or self._read_styles()
        width = self.room
        if y == 0:
            parts = header_line(self.columns, styles, self.model.order, self.cursor_column)
            return joined(parts, self._scrolled, width, styles["header"])
        index = y - 1 + self.scroll_offset.y
        if index >= len(self.model):
            return self._below(y, width, styles["row"])
        row = self.model.row_at(index)
        has_cursor = index == self._cursor_index
        fill = styles["row"] + styles["cursor"] if has_cursor else styles["row"]
        return joined(self._parts(row, has_cursor), self._scrolled, width, fill)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles = {}
        self._lines.clear()

    def on_focus(self) -> None:
        self.notify_style_update()

    def on_blur(self) -> None:
        self.notify_style_update()

    def _parts(self, row: TableRow, has_cursor: bool) -> tuple[Strip, Strip]:
        known = self._lines.get(row.key)
        if known is not None and known[0] is row and known[1] is has_cursor:
            return known[2]
        if len(self._lines) > KEPT_LINES:
            self._lines.clear()
        parts = row_line(row, self.columns, self._styles, cursor=has_cursor)
        self._lines[row.key] = (row, has_cursor, parts)
        return parts

    def _below(self, y: int, width: int, style: Style) -> Strip:
        """Under the last row: nothing, or why there is no row."""
        if len(self.model):
            return Strip.blank(width, style)
        lines: Sequence[str] = self.empty
        if self.is_sorting:
            lines = ("Sorting…",)
        elif self.model.total:
            lines = ("No row passes the filter.", "esc clears it.")
        at = y - 2
        text = f"  {lines[at]}" if 0 <= at < len(lines) else ""
        return Strip([Segment(flat(text, width), style + self._styles["quiet"])], width)

    def _read_styles(self) -> dict[str, Style]:
        self._styles = {
            name: self.get_component_rich_style(f"case-table--{name}", partial=True)
            for name in _STYLES
        }
        self._styles["row"] = self.rich_style
        self._styles["header"] = self.rich_style + self._styles["header"]
        return self._styles

    def _refresh_row(self, index: int) -> None:
        self.refresh(Region(0, index + 1 - self.scroll_offset.y, self.room, 1))
