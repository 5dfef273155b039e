"""Small pictures for a terminal with colours: two pixels in each cell."""

from __future__ import annotations

import base64
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.child_process.process import CallFailed, ChildProcess, Limits
from workbench.child_process.source import read_source
from workbench.errors import CodeError

COLUMNS, ROWS = 40, 12
"""Cells that a picture takes at most."""
LIMITS = Limits(call_seconds=5, load_seconds=15, memory_bytes=1 << 30, output_bytes=1 << 18)
HINT = "pip install 'prompt-workbench[images]' shows it as a picture"
_ROW = re.compile(r"(?:[0-9a-f]{6})+")
_DECODER = "decode.py"


@dataclass(frozen=True, slots=True)
class SmallPicture:
    """Rows of pixels as `rrggbb`, two to a line of cells; or why there is none."""

    pixels: tuple[tuple[str, ...], ...] = ()
    problem: str = ""

    def lines(self) -> Iterator[list[tuple[str, str]]]:
        """For each line of cells, the colours of the upper and the lower half of each cell; the
        lower one is empty below an odd last row.
        """
        for at in range(0, len(self.pixels), 2):
            upper = self.pixels[at]
            lower = self.pixels[at + 1] if at + 1 < len(self.pixels) else ("",) * len(upper)
            yield list(zip(upper, lower, strict=True))


def can_decode() -> bool:
    """Whether Pillow, the extra `images`, is installed."""
    return importlib.util.find_spec("PIL") is not None


def small_picture(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> SmallPicture:
    """The picture of an image's bytes, in at most that many cells."""
    if not can_decode():
        return SmallPicture(problem=HINT)
    source = read_source(Path(__file__).parent, _DECODER)
    try:
        with ChildProcess(source, "small", LIMITS) as child:
            answer = child.call(base64.b64encode(data).decode("ascii"), columns, 2 * rows)
    except (CallFailed, CodeError) as error:
        return SmallPicture(problem=f"it cannot be shown as a picture: {error}")
    return _checked(answer, columns, 2 * rows)


def _checked(answer: object, columns: int, rows: int) -> SmallPicture:
    """What a process that read untrusted bytes answers is not trusted either."""
    lines = answer if isinstance(answer, list) else []
    is_whole = all(isinstance(line, str) and _ROW.fullmatch(line) for line in lines)
    widths = {len(line) for line in lines} if is_whole else set()
    if len(widths) != 1 or len(lines) > rows or max(widths) > 6 * columns:
        return SmallPicture(problem="it cannot be shown as a picture")
    return SmallPicture(
        tuple(tuple(line[at : at + 6] for at in range(0, len(line), 6)) for line in lines)
    )
