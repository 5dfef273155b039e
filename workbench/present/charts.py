"""Small text charts: sparkline, histogram, confusion matrix."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.cells import cell_len

from workbench.present.safe_text import safe_line
from workbench.present.tables import fit

_BARS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉█"

OTHER = "(other)"


def sparkline(values: Sequence[float | None]) -> str:
    """One character per value, low to high; a blank for a missing one.

    Equal values give a flat line in the middle.
    """
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return "".join(" " if value is None else _BARS[3] for value in values)
    step = (high - low) / (len(_BARS) - 1)
    return "".join(" " if value is None else _BARS[round((value - low) / step)] for value in values)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values between edges; the last bin includes its upper edge."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int = 0

    @property
    def total(self) -> int:
        return sum(self.counts)


def histogram(
    values: Iterable[float | None],
    bins: int = 10,
    *,
    low: float | None = None,
    high: float | None = None,
) -> Histogram:
    """Counts in `bins` equal steps from `low` to `high`, by default the values' minimum and
    maximum.

    Values outside of given bounds count in the nearest bin.
    """
    listed = list(values)
    known = [value for value in listed if value is not None and math.isfinite(value)]
    missing = len(listed) - len(known)
    if not known:
        return Histogram((), (), missing)
    start = min(known) if low is None else low
    end = max(known) if high is None else high
    if end <= start:
        return Histogram((start, start), (len(known),), missing)
    step = (end - start) / bins
    counts = [0] * bins
    for value in known:
        counts[min(bins - 1, max(0, int((value - start) / step)))] += 1
    return Histogram(tuple(start + step * at for at in range(bins + 1)), tuple(counts), missing)


def histogram_lines(
    chart: Histogram,
    width: int,
    label: Callable[[float], str] = "{:g}".format,
    *,
    ascii_only: bool = False,
) -> list[str]:
    """One line per bin: its edges, a bar, its count."""
    if not chart.counts:
        return ["no values yet"]
    edges = [label(edge) for edge in chart.edges]
    labels = [low if low == high else f"{low} to {high}" for low, high in pairwise(edges)]
    label_width = max(cell_len(text) for text in labels)
    count_width = len(f"{max(chart.counts):,}")
    room = max(1, width - label_width - count_width - 2)
    most = max(chart.counts)
    return [
        f"{fit(text, label_width, 'right')} {_bar(number / most, room, ascii_only)}"
        f" {number:>{count_width},}"
        for text, number in zip(labels, chart.counts, strict=True)
    ]


def _bar(part: float, room: int, ascii_only: bool) -> str:
    eighths = round(part * room * 8)
    if part > 0:
        # A bin with one value must not look empty.
        eighths = max(eighths, 8 if ascii_only else 1)
    whole, rest = divmod(eighths, 8)
    bar = "#" * whole if ascii_only else "█" * whole + (_EIGHTHS[rest] if rest else "")
    return fit(bar, room)


@dataclass(frozen=True, slots=True)
class Confusion:
    """A confusion matrix: how often each expected label was answered with each label."""

    labels: tuple[str, ...]
    """Labels of rows and columns; the last column may be `(other)` for other answers."""
    counts: tuple[tuple[int, ...], ...]
    """Counts by expected, then by answered label."""

    @property
    def right(self) -> int:
        return sum(row[at] for at, row in enumerate(self.counts) if at < len(row))

    @property
    def total(self) -> int:
        return sum(map(sum, self.counts))


def confusion(
    pairs: Iterable[tuple[str, str]], most: int = 12, *, answers_fold_case: bool = True
) -> Confusion | None:
    """A confusion matrix of (expected, answered) texts, or None if it is not a label task.

    A label task has at most `most` different expected texts, each short and on one line, and at
    least two. An answer that is none of them counts as `(other)`.
    """
    listed = [(expected.strip(), answered.strip()) for expected, answered in pairs]
    labels = [label for label, _ in Counter(expected for expected, _ in listed).most_common()]
    too_long = any(not label or "\n" in label or len(label) > 40 for label in labels)
    if not 2 <= len(labels) <= most or too_long or len(listed) < 2 * len(labels):
        return None
    labels.sort()
    folded = {label.casefold() for label in labels}
    fold = str.casefold if answers_fold_case and len(folded) == len(labels) else str
    place = {fold(label): at for at, label in enumerate(labels)}
    counts = [[0] * (len(labels) + 1) for _ in labels]
    for expected, answered in listed:
        counts[place[fold(expected)]][place.get(fold(answered), len(labels))] += 1
    if any(row[-1] for row in counts):
        return Confusion((*labels, OTHER), tuple(map(tuple, counts)))
    return Confusion(tuple(labels), tuple(tuple(row[:-1]) for row in counts))


def confusion_lines(matrix: Confusion, width: int) -> list[str]:
    """Rows are expected, columns are answered by number; right answers are in brackets."""
    labels = [safe_line(label) for label in matrix.labels]
    columns = len(matrix.counts[0])
    cell = max(4, len(str(max(max(row) for row in matrix.counts))) + 2)
    name_width = min(max(map(cell_len, labels)), max(6, width - 4 - cell * columns))
    head = f"{fit('expected', name_width)}    " + "".join(
        f"{at + 1:>{cell}}" for at in range(columns)
    )
    lines = [head]
    for at, row in enumerate(matrix.counts):
        cells = "".join(
            f"{f'[{number}]' if at == column else number or '·':>{cell}}"
            for column, number in enumerate(row)
        )
        lines.append(f"{fit(labels[at], name_width)} {at + 1:>2} {cells}")
    if columns > len(matrix.counts):
        lines.append(f"{columns} = answers that are none of the labels")
    return lines
