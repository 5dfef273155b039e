"""The sorted and filtered rows of a table, updated while a run goes on. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.filters import NO_FILTER, Filter

SortKey = tuple[Any, ...]

_DIGITS = re.compile(r"([0-9]+)")
AT_ONCE = 3_000
"""Up to this many rows are arranged without a thread."""
SEARCH_S = 0.03
"""Of more, those that are in order already are searched without a thread for so long."""
_CHUNK = 8_000
_SEARCHED = 500
"""Rows between two looks at the clock."""


class TableRow(Protocol):
    """One row: a frozen value that a filter can look at."""

    @property
    def key(self) -> str:
        """Unique in its table, and stable while the row changes."""

    @property
    def sign(self) -> Sign:
        """What the whole row means."""

    def rank(self) -> tuple[Any, ...]:
        """Its place in the default order."""

    def haystack(self) -> str:
        """All text that a plain search looks through."""


@dataclass(frozen=True, slots=True)
class Order:
    """By which column, and which way; no column: the default order."""

    column: Column[Any] | None = None
    descending: bool = False


def natural(text: str) -> tuple[Any, ...]:
    """A sort key in which `t-9` comes before `t-10`."""
    parts = _DIGITS.split(text.casefold())
    return tuple(
        (len(digits := part.lstrip("0")), digits) if at % 2 else part
        for at, part in enumerate(parts)
    )


def sort_key(row: TableRow, order: Order, seq: int) -> SortKey:
    """Unique by `seq`; rows without a value come last whichever way the order runs."""
    if order.column is None:
        return (*row.rank(), seq)
    value = order.column.value(row)
    if value is None or value == "":
        return (-1 if order.descending else 1, 0, (), seq)
    if isinstance(value, str):
        return (0, 1, natural(value), seq)
    return (0, 0, (value,), seq)


Ordered = list[tuple[SortKey, str]]
"""Sort keys and keys of rows, sorted."""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The rows that pass a filter, in order, and the sort key of each."""

    ordered: Ordered
    places: dict[str, SortKey]


@dataclass
class TableModel:
    """Rows by key, and the visible ones in order. `descending` is a mirror, not another order."""

    order: Order = Order()
    wanted: Filter = NO_FILTER
    rows: dict[str, TableRow] = field(default_factory=dict)
    _seq: dict[str, int] = field(default_factory=dict)
    _sorted: Ordered = field(default_factory=list)
    _place: dict[str, SortKey] = field(default_factory=dict)
    """The sort key of each visible row."""
    _whole: Ordered | None = None
    """All rows in this order; None once a row changed while some were filtered out."""
    _is_arranged: bool = False
    """Whether an arrangement was applied since the rows came."""

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def total(self) -> int:
        return len(self.rows)

    def key_at(self, index: int) -> str:
        """The row at a visible place, from 0. Raises IndexError."""
        if not 0 <= index < len(self._sorted):
            raise IndexError(index)
        return self._sorted[self._mirrored(index)][1]

    def row_at(self, index: int) -> TableRow:
        return self.rows[self.key_at(index)]

    def index_of(self, key: str) -> int | None:
        """The visible place of a row; None when it is filtered out or unknown."""
        place = self._place.get(key)
        if place is None:
            return None
        return self._mirrored(bisect_left(self._sorted, (place, key)))

    def visible(self) -> Iterable[TableRow]:
        """The visible rows in order."""
        keys = [key for _, key in self._sorted]
        return (self.rows[key] for key in (reversed(keys) if self.order.descending else keys))

    def put(self, rows: Sequence[TableRow]) -> bool:
        """Add or change rows; whether any visible place changed."""
        moved = False
        if len(rows) > 200 and len(rows) * 4 > len(self._sorted):
            self._remember(rows)
            self._arrange()
            return True
        self._remember(rows)
        for row in rows:
            moved = self._replace(row) or moved
        return moved

    def replace_all(self, rows: Sequence[TableRow]) -> None:
        """Replace all rows."""
        self.rows.clear()
        self._seq.clear()
        self._remember(rows)
        self._arrange()

    def number_rows(self) -> None:
        """Remember the order of `rows` as that of arrival."""
        self._seq = {key: at for at, key in enumerate(self.rows)}

    def snapshot(self) -> tuple[Mapping[str, TableRow], Mapping[str, int]]:
        """Copies for a thread that calls `arranged`."""
        return dict(self.rows), dict(self._seq)

    def candidates(self, order: Order, wanted: Filter) -> Ordered | None:
        """Rows in this order that contain all that can pass; None where all must be sorted again.

        A copy, for a thread that calls `arranged`.
        """
        if order != self.order or not self._is_arranged:
            return None
        ordered = self._sorted if wanted.narrows(self.wanted) else self._whole
        return None if ordered is None else ordered[:]

    def arranged_at_once(
        self, order: Order, wanted: Filter, candidates: Ordered | None
    ) -> Arrangement | None:
        """What `arranged` gives; None when that is better done in a thread."""
        if (self.total if candidates is None else len(candidates)) <= AT_ONCE:
            return arranged(*self.snapshot(), order, wanted, candidates)
        return None if candidates is None else _searched(self.rows, wanted, candidates)

    def apply(self, arrangement: Arrangement, order: Order, wanted: Filter) -> None:
        """Take over an arrangement made by `arranged` with this order and filter."""
        if not wanted:
            self._whole = arrangement.ordered
        elif order != self.order:
            self._whole = None
        self._is_arranged = True
        self.order, self.wanted = order, wanted
        self._sorted, self._place = arrangement.ordered, arrangement.places

    def _arrange(self) -> None:
        self.apply(arranged(self.rows, self._seq, self.order, self.wanted), self.order, self.wanted)

    def _remember(self, rows: Sequence[TableRow]) -> None:
        if self._whole is not self._sorted:
            self._whole = None
        for row in rows:
            self.rows[row.key] = row
            self._seq.setdefault(row.key, len(self._seq))

    def _replace(self, row: TableRow) -> bool:
        key = row.key
        before = self._place.get(key)
        after = (
            sort_key(row, self.order, self._seq[key])
            if not self.wanted or self.wanted.matches(row)
            else None
        )
        if before == after:
            return False
        if before is not None:
            del self._sorted[bisect_left(self._sorted, (before, key))]
            del self._place[key]
        if after is not None:
            insort(self._sorted, (after, key))
            self._place[key] = after
        return True

    def _mirrored(self, index: int) -> int:
        return len(self._sorted) - 1 - index if self.order.descending else index


def arranged(
    rows: Mapping[str, TableRow],
    seq: Mapping[str, int],
    order: Order,
    wanted: Filter,
    candidates: Ordered | None = None,
) -> Arrangement:
    """The rows that pass, sorted. Safe in a thread.

    `candidates` are sorted already, see `TableModel.candidates`: then they are only filtered.
    """
    if candidates is None:
        candidates = _in_order(rows, seq, order, wanted)
    elif wanted:
        candidates = [item for item in candidates if wanted.matches(rows[item[1]])]
    return Arrangement(candidates, {key: place for place, key in candidates})


def _searched(
    rows: Mapping[str, TableRow], wanted: Filter, candidates: Ordered
) -> Arrangement | None:
    """What `arranged` gives for these candidates; None when it takes longer than SEARCH_S."""
    end = monotonic() + SEARCH_S
    passed: Ordered = []
    for at in range(0, len(candidates), _SEARCHED):
        if monotonic() > end:
            return None
        piece = candidates[at : at + _SEARCHED]
        passed += [item for item in piece if wanted.matches(rows[item[1]])] if wanted else piece
    return Arrangement(passed, {key: place for place, key in passed})


def _in_order(
    rows: Mapping[str, TableRow], seq: Mapping[str, int], order: Order, wanted: Filter
) -> Ordered:
    """Sorted in chunks: one long `sort` would hold the GIL and block the event loop."""
    ordered: Ordered = []
    piece: Ordered = []
    for key, row in rows.items():
        if wanted and not wanted.matches(row):
            continue
        piece.append((sort_key(row, order, seq[key]), key))
        if len(piece) >= _CHUNK:
            piece.sort()
            ordered += piece
            piece = []
    piece.sort()
    ordered += piece
    ordered.sort()
    return ordered


def following(
    model: TableModel, start: int, step: int, test: Callable[[TableRow], bool]
) -> int | None:
    """The next visible index from `start` whose row passes, wrapping; None if there is none."""
    size = len(model)
    for distance in range(1, size + 1):
        index = (start + step * distance) % size
        if test(model.row_at(index)):
            return index
    return None
