"""Rows of the small lists: a value each, in the order in which they were made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from workbench.tui.table.columns import Sign

T = TypeVar("T")


@dataclass(frozen=True)
class ListRow(Generic[T]):
    """One row of a small list; its columns read `item`."""

    key: str
    item: T
    place: int = 0
    sign: Sign = ""
    searched: str = ""
    """What a plain search looks through."""

    def rank(self) -> tuple[Any, ...]:
        return (self.place,)

    def haystack(self) -> str:
        return self.searched
