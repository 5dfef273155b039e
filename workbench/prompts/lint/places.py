"""Where the messages of a draft begin, by line of its file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.prompts.files.fences import cut
from workbench.prompts.values import ROLES

MARKER = re.compile(rf"[ \t]*(?:#[ \t]*)?({'|'.join(ROLES)})[ \t]*:[ \t]*", re.I)
FENCE = re.compile(r"[ \t]*(```|~~~)")


@dataclass(frozen=True, slots=True)
class PlacedMessage:
    """A message's template and the line, from 1, where its text begins."""

    role: str
    content: str
    line: int
    marker: int | None
    """The line of its role marker."""

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines of the text with their numbers."""
        yield from enumerate(self.content.split("\n"), self.line)

    def unfenced(self) -> Iterator[tuple[int, str]]:
        """The lines outside of fenced code, and the fences."""
        fence = ""
        for number, line in self.lines():
            mark = FENCE.match(line)
            if mark and fence in ("", mark.group(1)):
                fence = "" if fence else mark.group(1)
                yield number, line
            elif not fence:
                yield number, line


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft's text by line and by message."""

    lines: tuple[str, ...]
    """Of the whole file."""
    first: int
    """The line, from 1, after the front matter."""
    messages: tuple[PlacedMessage, ...]

    @property
    def body(self) -> Iterator[tuple[int, str]]:
        """The lines below the front matter, with their numbers."""
        yield from enumerate(self.lines[self.first - 1 :], self.first)


def place(text: str) -> Placed:
    """The places of a draft's messages, cut as `parse_prompty` cuts them. Raises DraftError."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    _, _, body = cut(text, "the draft")
    lines = tuple(text.split("\n"))
    first = len(lines) - body.count("\n")
    return Placed(lines, first, tuple(_messages(lines, first)))


def _messages(lines: tuple[str, ...], first: int) -> Iterator[PlacedMessage]:
    role, marker, start, is_first = "system", None, first, True
    for number in range(first, len(lines) + 2):
        line = lines[number - 1] if number <= len(lines) else ""
        at_end = number > len(lines)
        match = None if at_end else MARKER.fullmatch(line)
        if not (at_end or match):
            continue
        texts = lines[start - 1 : number - 1]
        has_text = any(text.strip() for text in texts)
        if has_text or (marker is not None and not at_end and not (is_first and role == "system")):
            skipped = next((at for at, text in enumerate(texts) if text), 0)
            content = "\n".join(texts).strip("\n")
            yield PlacedMessage(role, content, start + skipped, marker)
            is_first = False
        if match:
            role, marker, start = match.group(1).lower(), number, number + 1
