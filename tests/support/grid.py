"""What stands on a terminal of this size, from the bytes that a program writes to it.

Knows what a full-screen program needs: moving the cursor, erasing, and characters of two cells.
Colours and modes are read over.
"""

from __future__ import annotations

import codecs
import re

from rich.cells import cell_len

_SEQUENCE = re.compile(
    r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-Z\\^-~]"
)
_LONGEST = 4_096
"""Characters after which a sequence without an end is text."""


class Grid:
    """The cells, line by line. Feed it bytes as they come."""

    def __init__(self, columns: int, rows: int) -> None:
        self._columns, self._rows = columns, rows
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._clear()

    @property
    def text(self) -> str:
        """The lines, without trailing blanks."""
        return "\n".join("".join(line).rstrip() for line in self._cells)

    def feed(self, data: bytes) -> None:
        text = self._rest + self._decoder.decode(data)
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self._put(text[at])
                at += 1
            elif match := _SEQUENCE.match(text, at):
                self._obey(match[1] or "", match[2] or "")
                at = match.end()
            elif len(text) - at < _LONGEST:
                break  # the end of the sequence is still to come
            else:
                at += 1
        self._rest = text[at:]

    def _clear(self) -> None:
        self._cells = [[" "] * self._columns for _ in range(self._rows)]
        self._x = self._y = 0

    def _put(self, char: str) -> None:
        if char == "\r":
            self._x = 0
        elif char == "\n":
            self._y = min(self._y + 1, self._rows - 1)
        elif char == "\b":
            self._x = max(self._x - 1, 0)
        elif char >= " " and (width := cell_len(char)):
            if self._x + width > self._columns:  # a terminal goes on in the next line
                self._put("\r")
                self._put("\n")
            self._cells[self._y][self._x] = char
            for covered in range(self._x + 1, min(self._x + width, self._columns)):
                self._cells[self._y][covered] = ""
            self._x += width

    def _obey(self, given: str, does: str) -> None:
        numbers = [int(part) for part in given.split(";") if part.isdigit()]
        first = numbers[0] if numbers else 0
        if does in ("H", "f"):
            row, column = ([*numbers, 1, 1] if numbers else [1, 1])[:2]
            self._y = min(max(row, 1), self._rows) - 1
            self._x = min(max(column, 1), self._columns) - 1
        elif does == "J" and first == 2:
            self._cells = [[" "] * self._columns for _ in range(self._rows)]
        elif does == "K":
            self._cells[self._y][self._x :] = [" "] * (self._columns - self._x)
        elif does == "h" and given == "?1049":
            self._clear()
        elif does in "ABCD" and does:
            step = max(first, 1)
            self._y = min(max(self._y + {"A": -step, "B": step}.get(does, 0), 0), self._rows - 1)
            self._x = min(max(self._x + {"C": step, "D": -step}.get(does, 0), 0), self._columns)
