"""Pictures of a run: latencies, scores, and which label was taken for which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from workbench.present import numbers
from workbench.present.charts import (
    confusion,
    confusion_lines,
    histogram,
    histogram_lines,
)
from workbench.tui.keys import keys
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.case_detail import block
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text_view import TextView

SCORE_BINS = 10
LATENCY_BINS = 12


def chart_text(
    rows: Sequence[ResultRow], width: int, notes: Sequence[str] = (), *, ascii_only: bool = False
) -> Content:
    """Statistics and charts of these results, one below the other, at most `width` cells wide."""
    answered = [row for row in rows if row.result is not None]
    latencies = histogram((_latency(row) for row in answered), LATENCY_BINS)
    scores = histogram((row.score for row in answered), SCORE_BINS, low=0.0, high=1.0)
    parts = [block("notes", "\n".join(notes))] if notes else []
    parts += [
        block(
            f"latency of {latencies.total:,} calls",
            "\n".join(histogram_lines(latencies, width, numbers.seconds, ascii_only=ascii_only)),
        ),
        block(
            f"score of {scores.total:,} answers"
            + (f", {scores.missing:,} without" if scores.missing else ""),
            "\n".join(histogram_lines(scores, width, "{:.1f}".format, ascii_only=ascii_only)),
        ),
    ]
    matrix = confusion(
        (flat_json(row.case.expected), row.output)
        for row in answered
        if row.case is not None and row.case.expected is not None and row.score is not None
    )
    if matrix is None:
        parts.append(block("labels", "not a label task: no confusion matrix"))
    else:
        title = f"expected against answered, {matrix.right:,} of {matrix.total:,} right"
        parts.append(block(title, "\n".join(confusion_lines(matrix, width))))
    return Content("").join(parts).rstrip()


def _latency(row: ResultRow) -> float | None:
    answer = row.result.answer if row.result else None
    return None if answer is None or answer.cached else answer.latency_s


class ChartScreen(ReadingScreen):
    """The charts of a run; esc closes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("charts")
    DEFAULT_CSS = "ChartScreen > Vertical { max-width: 90; max-height: 44; }"

    def __init__(self, rows: Sequence[ResultRow], notes: Sequence[str] = ()) -> None:
        super().__init__("Charts", "j/k scroll · y copy · esc close")
        self._chart_rows = rows
        self._notes = notes

    def body(self) -> Iterable[Widget]:
        yield TextView(id="charts")

    def on_mount(self) -> None:
        width = min(self.app.size.width, 90) - 8
        view = self.query_one(TextView)
        view.show(chart_text(self._chart_rows, width, self._notes))
        view.focus()
