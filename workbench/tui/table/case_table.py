"""A table for a hundred thousand rows that may change ten times a second.

Lines are rendered when they become visible and cached until their row changes, so a change costs
as much as the rows on screen. The cursor stays on its row when rows move.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message

from workbench.tui.keys.keys import bindings
from workbench.tui.table.columns import Column
from workbench.tui.table.copying import Copy, CopyMenuAsked, has_menu, to_clipboard
from workbench.tui.table.filters import Filter
from workbench.tui.table.table_drawing import TableDrawing
from workbench.tui.table.table_lines import widest
from workbench.tui.table.table_model import (
    AT_ONCE,
    Order,
    Ordered,
    TableModel,
    TableRow,
    arranged,
    following,
)
from workbench.tui.terminal.textual_private import scrolls_over


class CaseTable(TableDrawing, can_focus=True):
    """Rows in a `TableModel`, with a cursor on a row and one on a column."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("list"), *bindings("table")]

    class _About(Message):
        def __init__(self, table: CaseTable, key: str) -> None:
            super().__init__()
            self.table = table
            self.key = key

        @property
        def control(self) -> CaseTable:
            return self.table

    class Highlighted(_About):
        """The cursor moved to a row, or its row changed; key "" when there is no row."""

    class Opened(_About):
        """Enter, or a click on the row that has the cursor."""

    class Peeked(_About):
        """Space."""

    class FindAsked(_About):
        """`/`: the pane with the filter line shows it."""

    class Changed(_About):
        """Other rows are visible, or in another order."""

    _cursor_key = ""
    _touched = False
    _late: list[TableRow] | None = None
    """Rows that arrived while others are being sorted in a thread."""

    # API

    @property
    def cursor_key(self) -> str:
        """The key of the cursor's row, "" if no row is visible."""
        return self._cursor_key if len(self.model) else ""

    @property
    def cursor_row(self) -> TableRow | None:
        return self.model.rows.get(self.cursor_key)

    @property
    def cursor_index(self) -> int:
        """The visible place of the cursor, from 0."""
        return self._cursor_index

    @property
    def is_sorting(self) -> bool:
        return self._late is not None

    @property
    def touched(self) -> bool:
        """Whether the user moved the cursor; until then it stays on the first row."""
        return self._touched

    def load(self, rows: Sequence[TableRow], *, cursor: str = "") -> None:
        """Show these rows instead; many are arranged in a thread."""
        self._lines.clear()
        self._touched = bool(cursor)
        self._cursor_key = cursor
        if len(rows) <= AT_ONCE:
            self.model.replace_all(rows)
            self._arranged()
            return
        self.model = TableModel(self.model.order, self.model.wanted)
        self.model.rows = {row.key: row for row in rows}
        self.model.number_rows()
        self.sort_and_filter(self.model.order, self.model.wanted)

    def put(self, rows: Sequence[TableRow]) -> None:
        """Add rows or change them, as they come from a live run."""
        if not rows:
            return
        if self._late is not None:
            self._late += rows
        size = len(self.model)
        if self.model.put(rows) or len(self.model) != size:
            self._arranged()
            return
        for row in rows:
            index = self.model.index_of(row.key)
            if index is not None:
                self._refresh_row(index)
            if row.key == self._cursor_key:
                self.post_message(self.Highlighted(self, row.key))

    def find(self, wanted: Filter) -> None:
        """Show only rows that pass."""
        self.sort_and_filter(self.model.order, wanted)

    def sort_and_filter(self, order: Order, wanted: Filter) -> None:
        """Sort and filter, in a thread when that takes long."""
        model = self.model
        candidates = model.candidates(order, wanted)
        arrangement = None
        if not self.is_running:
            arrangement = arranged(*model.snapshot(), order, wanted, candidates)
        elif self._late is None:
            arrangement = model.arranged_at_once(order, wanted, candidates)
        if arrangement is not None:
            model.apply(arrangement, order, wanted)
            self._arranged()
            return
        self.run_worker(
            self._arrange_in_thread(order, wanted, candidates),
            exclusive=True,
            group="arrange",
            exit_on_error=False,
        )

    def show_key(self, key: str) -> bool:
        """Put the cursor on a row; False if it is not visible."""
        index = self.model.index_of(key)
        if index is None:
            return False
        self.move_to(index)
        return True

    def move_to(self, index: int) -> None:
        """Put the cursor on a visible place, clamped."""
        if not len(self.model):
            return
        self._touched = True
        index = max(0, min(index, len(self.model) - 1))
        before = self._cursor_index
        self._cursor_index = index
        self._cursor_key = self.model.key_at(index)
        self._into_view()
        for changed in {before, index}:
            self._refresh_row(changed)
        self.post_message(self.Highlighted(self, self._cursor_key))

    def move_following(self, step: int, test: Callable[[TableRow], bool] = lambda _: True) -> bool:
        """Go to the next row (step 1) or the one before (-1) that passes."""
        index = following(self.model, self._cursor_index, step, test)
        if index is not None:
            self.move_to(index)
        return index is not None

    def replace_columns(self, columns: Sequence[Column[Any]]) -> None:
        """Have these columns; what is hidden or shown and how wide a column is made stay."""
        self.columns = self.columns.with_columns(columns)
        if self.cursor_column not in {column.key for column in columns}:
            self.cursor_column = self.columns.first
        self._laid_out()

    def set_columns(self, hidden: Iterable[str]) -> None:
        """Hide exactly these columns. Raises KeyError where the table has none of that key."""
        self.columns.hide(hidden)
        self._laid_out()

    # Keys

    def action_cursor_down(self) -> None:
        self.move_to(self._cursor_index + 1)

    def action_cursor_up(self) -> None:
        self.move_to(self._cursor_index - 1)

    def action_cursor_top(self) -> None:
        self.move_to(0)

    def action_cursor_bottom(self) -> None:
        self.move_to(len(self.model) - 1)

    def action_half_page(self, way: int) -> None:
        self.move_to(self._cursor_index + way * max(1, self._page // 2))

    def action_page(self, way: int) -> None:
        self.move_to(self._cursor_index + way * max(1, self._page))

    def action_find(self) -> None:
        self.post_message(self.FindAsked(self, self._cursor_key))

    def action_open(self) -> None:
        if self.cursor_key:
            self.post_message(self.Opened(self, self.cursor_key))

    def action_peek(self) -> None:
        if self.cursor_key:
            self.post_message(self.Peeked(self, self.cursor_key))

    def action_column(self, way: int) -> None:
        """Move the column cursor and scroll it into view."""
        keys = [column.key for column in self.columns.shown]
        at = keys.index(self.cursor_column) if self.cursor_column in keys else 0
        self.cursor_column = keys[max(0, min(at + way, len(keys) - 1))]
        start, end = self.columns.place(self.cursor_column)
        room = max(1, self.room - self.columns.frozen_width)
        if end - self._scrolled > room:
            self._scrolled = end - room
        self._scrolled = max(0, min(self._scrolled, start))
        self.refresh()

    def action_sort(self) -> None:
        """Ascending, descending, the default order, by the cursor's column."""
        now = self.model.order
        column = self.columns.column(self.cursor_column)
        if now.column is None or now.column.key != column.key:
            order = Order(column)
        else:
            order = Order() if now.descending else Order(now.column, True)
        self.sort_and_filter(order, self.model.wanted)

    def action_fit_column(self) -> None:
        """Fit the column to the visible rows; pressed again, restore its width."""
        layout = self.columns
        column = layout.column(self.cursor_column)
        if layout.widths.pop(column.key, None) is None:
            top = self.scroll_offset.y
            last = min(len(self.model), top + self._page)
            rows = [self.model.row_at(index) for index in range(top, last)]
            layout.widths[column.key] = widest(rows, column)
        self._laid_out()

    def action_copy(self) -> None:
        """The whole cell, as it came, to the clipboard."""
        row = self.cursor_row
        if row is not None:
            cell = self.columns.column(self.cursor_column).cell(row)
            to_clipboard(self, cell, f"a cell of {row.key}")

    def copies(self) -> Sequence[Copy]:
        """What the cursor's row offers to copy."""
        from workbench.tui.table.row_copies import cell_and_row

        row, layout = self.cursor_row, self.columns
        if row is None:
            return ()
        return cell_and_row(row, layout.columns, layout.column(self.cursor_column))

    def action_copy_menu(self) -> None:
        self.post_message(CopyMenuAsked(self))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "copy_menu" or has_menu(self)

    # Mouse and resizing

    def on_resize(self, event: events.Resize) -> None:
        del event
        self._laid_out()
        if len(self.model):
            self._into_view()

    def on_click(self, event: events.Click) -> None:
        column = self.columns.column_at(event.x, self._scrolled)
        if column is not None:
            self.cursor_column = column.key
        if event.y == 0:
            self.action_sort()
            return
        index = event.y - 1 + self.scroll_offset.y
        if index >= len(self.model):
            return
        again = index == self._cursor_index and event.chain > 1
        self.move_to(index)
        if again:
            self.action_open()

    # Sorting, filtering and layout

    async def _arrange_in_thread(
        self, order: Order, wanted: Filter, candidates: Ordered | None
    ) -> None:
        self._late = []
        snapshot = self.model.snapshot()
        arrangement = await asyncio.to_thread(arranged, *snapshot, order, wanted, candidates)
        late, self._late = self._late, None
        self.model.apply(arrangement, order, wanted)
        self.model.put(late or [])
        self._arranged()

    def _arranged(self) -> None:
        """After rows moved: keep the cursor on its row and the row at its place on the screen."""
        offset = self._cursor_index - self.scroll_offset.y
        self._sized()
        index = self.model.index_of(self._cursor_key) if self._touched else 0
        if not len(self.model):
            self._cursor_index = 0
        else:
            if index is None:
                index = min(self._cursor_index, len(self.model) - 1)
            self._cursor_index = index
            self._cursor_key = self.model.key_at(index)
            self.scroll_to(y=max(0, index - offset), animate=False, force=True)
            self._into_view()
        self.refresh()
        shown = self._cursor_key if len(self.model) else ""
        self.post_message(self.Highlighted(self, shown))
        self.post_message(self.Changed(self, shown))

    def _into_view(self) -> None:
        top = self.scroll_offset.y
        if self._cursor_index < top:
            self.scroll_to(y=self._cursor_index, animate=False, force=True)
        elif self._cursor_index >= top + self._page:
            self.scroll_to(y=self._cursor_index - self._page + 1, animate=False, force=True)

    def _laid_out(self) -> None:
        self.columns.fit_into(self.room)
        self._sized()
        self._lines.clear()
        self.refresh()

    def _sized(self) -> None:
        # No wider than the widget: columns scroll on their own, beside the frozen ones.
        scrolls_over(self, Size(self.room, len(self.model) + 1))
