"""Charts as inline SVG: no script, no link, every text escaped by the caller's `escape`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from workbench.present.charts import Histogram
from workbench.present.safe_text import safe_line
from workbench.units import points

WIDTH = 640
_ROW = 22


def interval_chart(difference: float, low: float, high: float, margin: float) -> str:
    """The difference with its interval, and lines at no difference and at the margin.

    All are fractions of 1, shown as percentage points.
    """
    reach = max(abs(low), abs(high), margin, 0.01) * 1.25
    height, middle = 74, 34

    def x(value: float) -> float:
        clipped = max(-reach, min(reach, value))
        return round(WIDTH / 2 + clipped / reach * (WIDTH / 2 - 20), 1)

    label = (
        f"difference {points(difference)} points, interval {points(low)} to {points(high)},"
        f" margin {0.0 - margin * 100:.1f}"
    )
    return drawing(
        height,
        label,
        [
            _line(x(0), 8, x(0), 56, "axis"),
            _line(x(-margin), 8, x(-margin), 56, "margin"),
            _line(x(low), middle, x(high), middle, "interval"),
            _line(x(low), middle - 7, x(low), middle + 7, "interval"),
            _line(x(high), middle - 7, x(high), middle + 7, "interval"),
            f'<circle class="point" cx="{x(difference)}" cy="{middle}" r="5"/>',
            _text(x(0), 70, "0", "middle"),
            _text(x(-margin), 70, f"{0.0 - margin * 100:g} (margin)", "end"),
            _text(x(high) + 6, 24, points(difference), "start"),
        ],
    )


def share_bar(parts: Sequence[tuple[str, int]]) -> str:
    """A stacked bar of named counts, with a legend below."""
    total = sum(count for _, count in parts) or 1
    shapes, at = [], 0.0
    for number, (name, count) in enumerate(parts):
        width = count / total * WIDTH
        css = f"part part-{safe_class(name)}"
        shapes.append(
            f'<rect class="{css}" x="{at:.1f}" y="4" width="{width:.1f}" height="22">'
            f"<title>{escape(name)} {count}</title></rect>"
        )
        shapes.append(
            f'<rect class="{css}" x="{number * 150}" y="36" width="10" height="10"/>'
            + _text(number * 150 + 16, 46, f"{name} {count:,}", "start")
        )
        at += width
    label = ", ".join(f"{name} {count}" for name, count in parts)
    return drawing(54, label, shapes)


def histogram_chart(chart: Histogram, labels: Sequence[str], name: str) -> str:
    """Horizontal bars, one per bin; `labels` name the lower edges."""
    if not chart.counts:
        return ""
    most = max(chart.counts)
    shapes = []
    for at, (label, count) in enumerate(zip(labels, chart.counts, strict=True)):
        y = at * _ROW
        width = count / most * (WIDTH - 180)
        shapes += [
            _text(86, y + 15, label, "end"),
            f'<rect class="bar" x="94" y="{y + 3}" width="{max(width, 1 if count else 0):.1f}"'
            f' height="{_ROW - 6}"/>',
            _text(100 + width, y + 15, f"{count:,}", "start"),
        ]
    return drawing(_ROW * len(chart.counts) + 4, name, shapes)


BOX_WIDTH, BOX_HEIGHT = 140, 32
_BOX_CHARS = 22


def box(x: float, y: float, title: str, text: str, *, marked: bool = False) -> str:
    """A box with a soft title above a text, shortened; `marked`: in the colour of errors."""
    shown = text if len(text) <= _BOX_CHARS else f"{text[: _BOX_CHARS - 1]}…"
    css = "box marked" if marked else "box"
    return (
        f'<rect class="{css}" x="{x:g}" y="{y:g}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}"'
        f' rx="4"/>{_text(x + 6, y + 12, title, "start")}{_text(x + 6, y + 26, shown, "start")}'
    )


def connector(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line between the middles of two boxes' sides."""
    half = BOX_HEIGHT / 2
    return _line(x1, y1 + half, x2, y2 + half, "axis")


def safe_class(name: str) -> str:
    """Letters only, for a CSS class."""
    return "".join(char for char in name if char.isascii() and char.isalpha()) or "other"


def drawing(height: float, label: str, shapes: Sequence[str]) -> str:
    """Shapes as one picture, described by `label`."""
    named = escape(safe_line(label), quote=True)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{named}"'
        f' xmlns="http://www.w3.org/2000/svg">{"".join(shapes)}</svg>'
    )


def _line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    return f'<line class="{css}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    shown = escape(safe_line(text), quote=True)
    return f'<text x="{x:.1f}" y="{y:g}" text-anchor="{anchor}">{shown}</text>'
