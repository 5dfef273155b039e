"""Differences of two texts: by line, then by word inside changed lines."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Tag = Literal["same", "removed", "added"]

MAX_LINES = 4_000
MAX_WORDS = 4_000
_WORDS = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; `changed` marks the words that differ from the other side."""

    text: str
    changed: bool = False


@dataclass(frozen=True, slots=True)
class DiffLine:
    """One line of a unified view, with its line number on each side that has it."""

    tag: Tag
    spans: tuple[Span, ...]
    number_a: int | None
    number_b: int | None

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class Diff:
    """All lines of both texts; `note` says if they were too long to mark words."""

    lines: tuple[DiffLine, ...]
    note: str = ""

    @property
    def added(self) -> int:
        return sum(line.tag == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.tag == "removed" for line in self.lines)

    def hunks(self, context: int = 3) -> Iterator[tuple[DiffLine, ...]]:
        """Runs of changed lines with `context` unchanged ones around them."""
        keep = {
            near
            for index, line in enumerate(self.lines)
            if line.tag != "same"
            for near in range(index - context, index + context + 1)
        }
        hunk: list[DiffLine] = []
        for index, line in enumerate(self.lines):
            if index in keep:
                hunk.append(line)
            elif hunk:
                yield tuple(hunk)
                hunk = []
        if hunk:
            yield tuple(hunk)


@lru_cache(maxsize=256)
def diff_text(a: str, b: str) -> Diff:
    """The differences from `a` to `b`. Long texts have no word marks, see `note`."""
    lines_a, lines_b = a.split("\n"), b.split("\n")
    if len(lines_a) > MAX_LINES or len(lines_b) > MAX_LINES:
        return _whole(lines_a, lines_b, f"more than {MAX_LINES:,} lines: not aligned")
    out: list[DiffLine] = []
    words_left = MAX_WORDS
    note = ""
    matcher = difflib.SequenceMatcher(None, lines_a, lines_b, autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            for offset in range(a1 - a0):
                spans = (Span(lines_a[a0 + offset]),)
                out.append(DiffLine("same", spans, a0 + offset + 1, b0 + offset + 1))
            continue
        old, new = "\n".join(lines_a[a0:a1]), "\n".join(lines_b[b0:b1])
        words_left -= (len(old) + len(new)) // 4
        if tag == "replace" and words_left > 0:
            spans_a, spans_b = _marked(old, new)
        else:
            if tag == "replace":
                note = "too long to mark words: whole lines shown"
            spans_a, spans_b = [Span(old)], [Span(new)]
        if a1 > a0:
            out += _numbered("removed", spans_a, a0)
        if b1 > b0:
            out += _numbered("added", spans_b, b0)
    return Diff(tuple(out), note)


def diff_words(a: str, b: str) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """Both texts with the words that differ marked."""
    if a == b:
        return (Span(a),), (Span(b),)
    if (len(a) + len(b)) // 4 > MAX_WORDS:
        return (Span(a, True),), (Span(b, True),)
    spans_a, spans_b = _marked(a, b)
    return tuple(spans_a), tuple(spans_b)


def _marked(old: str, new: str) -> tuple[list[Span], list[Span]]:
    words_a, words_b = _WORDS.findall(old), _WORDS.findall(new)
    matcher = difflib.SequenceMatcher(None, words_a, words_b, autojunk=False)
    spans_a: list[Span] = []
    spans_b: list[Span] = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        changed = tag != "equal"
        if a1 > a0:
            spans_a.append(Span("".join(words_a[a0:a1]), changed))
        if b1 > b0:
            spans_b.append(Span("".join(words_b[b0:b1]), changed))
    return spans_a, spans_b


def _numbered(tag: Literal["removed", "added"], spans: list[Span], start: int) -> list[DiffLine]:
    """Spans split at newlines, as numbered lines of one side."""
    rows: list[list[Span]] = [[]]
    for span in spans:
        head, *rest = span.text.split("\n")
        rows[-1].append(Span(head, span.changed))
        rows += [[Span(piece, span.changed)] for piece in rest]
    lines = []
    for offset, row in enumerate(rows, start + 1):
        kept = tuple(span for span in row if span.text) or (Span(""),)
        number_a, number_b = (offset, None) if tag == "removed" else (None, offset)
        lines.append(DiffLine(tag, kept, number_a, number_b))
    return lines


def _whole(lines_a: list[str], lines_b: list[str], note: str) -> Diff:
    removed = [DiffLine("removed", (Span(t),), n, None) for n, t in enumerate(lines_a, 1)]
    added = [DiffLine("added", (Span(t),), None, n) for n, t in enumerate(lines_b, 1)]
    return Diff((*removed, *added), note)
