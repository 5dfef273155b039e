"""A diff as terminal rows: unified or side by side, wrapped, marked without colour.

Changed words are in `[-removed-]` and `{+added+}`; lines that exist on one side only have a `-` or
a `+` before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal

from rich.cells import cell_len, set_cell_size

from workbench.present.safe_text import safe_line
from workbench.prompts.diff import Diff, DiffLine, Span, diff_text

Kind = Literal["same", "removed", "added", "note"]
Mode = Literal["split", "unified"]

MAX_CHARS = 200_000
"""Maximum characters of either text; the rest is not compared, and a note says so."""
MIN_HALF = 36
"""Minimum cells of each side for a side-by-side view."""
MIDDLE = " │ "


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of one kind on one row; `marked` when it is a changed word."""

    text: str
    kind: Kind = "same"
    marked: bool = False


Row = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class DiffRows:
    """Rows ready to draw, each at most the requested width."""

    rows: tuple[Row, ...]
    added: int
    removed: int
    note: str = ""

    @property
    def is_same(self) -> bool:
        return not self.added and not self.removed


def mode_for(width: int) -> Mode:
    """Side by side if both halves are wide enough to read, else unified."""
    return "split" if width >= 2 * MIN_HALF + len(MIDDLE) else "unified"


def diff_rows(
    a: str, b: str, width: int, mode: Mode | None = None, *, context: int | None = None
) -> DiffRows:
    """The differences of two untrusted texts, `width` cells wide.

    With `context` only that many unchanged lines stay around each change.
    """
    cut = max(len(a), len(b)) > MAX_CHARS
    diff = diff_text(a[:MAX_CHARS], b[:MAX_CHARS])
    notes = [diff.note] if diff.note else []
    if cut:
        notes.append(f"only the first {MAX_CHARS:,} characters are compared")
    lines = list(_folded(diff, context))
    split = (mode or mode_for(width)) == "split"
    rows = [
        row for line in (_split(lines, width) if split else _unified(lines, width)) for row in line
    ]
    note = "; ".join(notes)
    if note:
        rows.insert(0, (Piece(note, "note"),))
    return DiffRows(tuple(rows), diff.added, diff.removed, note)


@dataclass(frozen=True, slots=True)
class _Fold:
    """Omitted unchanged lines."""

    count: int


def _folded(diff: Diff, context: int | None) -> Iterator[DiffLine | _Fold]:
    if context is None:
        yield from diff.lines
        return
    keep = {
        near
        for index, line in enumerate(diff.lines)
        if line.tag != "same"
        for near in range(index - context, index + context + 1)
    }
    left_out = 0
    for index, line in enumerate(diff.lines):
        if index in keep:
            if left_out:
                yield _Fold(left_out)
            left_out = 0
            yield line
        else:
            left_out += 1
    if left_out:
        yield _Fold(left_out)


def _unified(lines: Sequence[DiffLine | _Fold], width: int) -> Iterator[list[Row]]:
    for line in lines:
        if isinstance(line, _Fold):
            yield [_fold_row(line)]
            continue
        sign = {"same": "  ", "removed": "- ", "added": "+ "}[line.tag]
        rows = wrapped(pieces_of(line), width - 2)
        yield [(Piece(sign if at == 0 else "  ", line.tag), *row) for at, row in enumerate(rows)]


def _split(lines: Sequence[DiffLine | _Fold], width: int) -> Iterator[list[Row]]:
    half = (width - len(MIDDLE)) // 2
    for left, right in _paired(lines):
        if isinstance(left, _Fold):
            yield [_fold_row(left)]
            continue
        rows_a = wrapped(pieces_of(left, whole=True), half) if left else []
        rows_b = (
            wrapped(pieces_of(right, whole=True), half)
            if right and not isinstance(right, _Fold)
            else []
        )
        yield [
            (*_padded(row_a or (), half), Piece(MIDDLE, "note"), *(row_b or ()))
            for row_a, row_b in zip_longest(rows_a, rows_b)
        ]


def _paired(
    lines: Sequence[DiffLine | _Fold],
) -> Iterator[tuple[DiffLine | _Fold | None, DiffLine | _Fold | None]]:
    """Removed lines beside the added ones that follow them."""
    removed: list[DiffLine] = []
    added: list[DiffLine] = []
    for line in lines:
        if isinstance(line, DiffLine) and line.tag == "removed":
            if added:
                yield from zip_longest(removed, added)
                removed, added = [], []
            removed.append(line)
        elif isinstance(line, DiffLine) and line.tag == "added":
            added.append(line)
        else:
            yield from zip_longest(removed, added)
            removed, added = [], []
            yield line, line
    yield from zip_longest(removed, added)


def pieces_of(line: DiffLine, *, whole: bool = False) -> list[Piece]:
    """The words of a line, changed ones in marks; safe for a terminal.

    With `whole` a line that exists on one side only is marked as a whole.
    """
    if line.tag == "same":
        return [Piece(safe_line(line.text))]
    opening, closing = ("[-", "-]") if line.tag == "removed" else ("{+", "+}")
    if not any(span.changed for span in line.spans):
        text = safe_line(line.text)
        return [Piece(f"{opening}{text}{closing}" if whole else text, line.tag, whole)]
    pieces: list[Piece] = []
    for span in _merged(line.spans):
        text = safe_line(span.text)
        if span.changed:
            pieces += _in_marks(text, opening, closing, line.tag)
        else:
            pieces.append(Piece(text, line.tag))
    return pieces


def _in_marks(text: str, opening: str, closing: str, kind: Kind) -> list[Piece]:
    """A changed text in marks, with surrounding blanks outside unless it is blank."""
    core = text.strip()
    if not core:
        return [Piece(f"{opening}{text}{closing}", kind, True)]
    start = text.index(core)
    pieces = (
        Piece(text[:start], kind),
        Piece(f"{opening}{core}{closing}", kind, True),
        Piece(text[start + len(core) :], kind),
    )
    return [piece for piece in pieces if piece.text]


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Merge changed words that are separated by blanks only."""
    merged: list[Span] = []
    for span in spans:
        if (
            len(merged) >= 2
            and span.changed
            and merged[-2].changed
            and not merged[-1].changed
            and not merged[-1].text.strip()
        ):
            between = merged.pop()
            merged[-1] = Span(merged[-1].text + between.text + span.text, True)
        elif merged and merged[-1].changed and span.changed:
            merged[-1] = Span(merged[-1].text + span.text, True)
        else:
            merged.append(span)
    return merged


def wrapped(pieces: Sequence[Piece], width: int) -> list[Row]:
    """Pieces wrapped into rows of at most `width` cells, at blanks if possible."""
    width = max(4, width)
    rows: list[list[Piece]] = [[]]
    left = width
    for piece in pieces:
        text = piece.text
        while text:
            head = _fitting(text, left, start_of_row=left == width)
            if not head:
                rows.append([])
                left = width
                text = text.lstrip(" ") if rows[-2] else text
                continue
            rows[-1].append(Piece(head, piece.kind, piece.marked))
            left -= cell_len(head)
            text = text[len(head) :]
            if text:
                rows.append([])
                left = width
    return [tuple(row) for row in rows]


def _fitting(text: str, room: int, *, start_of_row: bool) -> str:
    """The part of the text that fits into `room` cells; empty if a word should wrap."""
    if cell_len(text[: 2 * room + 8]) <= room and len(text) <= 2 * room + 8:
        return text
    cut = set_cell_size(text[: 2 * room + 8], room)
    cut = cut if text.startswith(cut) else cut[:-1]
    blank = cut.rfind(" ")
    if blank > 0:
        return cut[: blank + 1]
    return cut if start_of_row else ""


def _padded(row: Row, width: int) -> Row:
    left = width - sum(cell_len(piece.text) for piece in row)
    return (*row, Piece(" " * left)) if left > 0 else row


def _fold_row(fold: _Fold) -> Row:
    lines = "line" if fold.count == 1 else "lines"
    return (Piece(f"··· {fold.count:,} equal {lines} ···", "note"),)
