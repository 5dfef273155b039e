"""Records of what people did, one after the other; an undo is a record of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Protocol, TypeVar

UNDO, NOTE, SKIP = "undo", "note", "skip"


class Record(Protocol):
    """What may be undone."""

    @property
    def id(self) -> int: ...

    @property
    def action(self) -> str: ...

    @property
    def undoes(self) -> int | None: ...


R = TypeVar("R", bound=Record)


def standing(records: Iterable[R]) -> list[R]:
    """The records that were not undone, in their order, without the undos."""
    records = list(records)
    undone = {record.undoes for record in records if record.action == UNDO}
    return [one for one in records if one.action != UNDO and one.id not in undone]


def text_digest(text: str) -> str:
    """sha256 of an answer's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
