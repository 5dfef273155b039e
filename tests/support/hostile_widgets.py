"""A program for a pseudo-terminal: every widget that shows data, fed with hostile text.

    python hostile_widgets.py PAGE

shows one page of widgets and ends on `q`. It prints READY in the last line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime

from textual.app import App, ComposeResult
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from tests.support.hostile import EVERYTHING, PIECES
from workbench.datasets.values import Case
from workbench.present.charts import Confusion, confusion_lines
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.values import Result, RunProgress, RunStatus, RunSummary
from workbench.scorers.base import Score
from workbench.tui.compare.columns import PAIR_COLUMNS
from workbench.tui.compare.rows import PairRow
from workbench.tui.compare.verdict_head import VerdictHead
from workbench.tui.datasets.rows import CASE_COLUMNS, CaseRow
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.run.rows import RUN_COLUMNS, RunRow
from workbench.tui.run.run_charts import chart_text
from workbench.tui.table.case_rows import RESULT_COLUMNS, ResultRow
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.case_detail import CaseStrip, case_detail
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.chrome import ModeTabs, StatusLine
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.run_header import RunHeader, head_of_progress, head_of_summary
from workbench.tui.widgets.text import PlainLabel, PlainStatic, plain
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.value_area import ValueArea

BAD = EVERYTHING
LONG = f"{BAD}{'x' * 1_000_000}{BAD}"
BLOCK = "\n".join(PIECES.values())


def result(text: str) -> Result:
    answer = Answer(
        Outcome.OK, text=text, error=BAD, latency_s=0.1, model=BAD, finish_reason=BAD, note=BAD
    )
    return Result(BAD, 0, answer, {BAD: Score(0.5, BAD)})


def case(text: str = BAD) -> Case:
    return Case(BAD, {BAD: text, "other": [text, {BAD: text}]}, text, (BAD,), BAD, BAD)


def summary() -> RunSummary:
    return RunSummary(
        run_id=BAD,
        status=RunStatus.INCOMPLETE,
        prompt_id=BAD,
        fingerprint="f" * 64,
        label=BAD,
        suite=BAD,
        split=BAD,
        suite_parts={},
        scorer=BAD,
        cases=1,
        repeats=1,
        scored=1,
        errors=1,
        score=0.5,
        calls=1,
        cached=0,
        cost_usd=0.1,
        prompt_tokens=1,
        completion_tokens=1,
        seconds=1.0,
        model=BAD,
        created_at=BAD,
        reason=BAD,
    )


def progress() -> RunProgress:
    return RunProgress(
        run_id=BAD,
        status=RunStatus.RUNNING,
        total=2,
        done=1,
        scored=1,
        passed=0,
        failed=1,
        errors=0,
        cached=0,
        in_flight=1,
        backing_off=1,
        retry_in_s=2.0,
        rate=1.0,
        eta_s=3.0,
        score=0.5,
        prompt_tokens=1,
        completion_tokens=1,
        cost_usd=0.1,
        estimate_usd=0.2,
        elapsed_s=9.0,
        reason=BAD,
    )


def result_row(text: str = BAD, position: int = 0) -> ResultRow:
    return ResultRow(f"{BAD}{position}", 0, position, BAD, case(text), result(text))


class Hostile(App[None]):
    """One page."""

    CSS = """
    #ready { dock: top; }
    * { max-height: 12; }
    CasePane { height: 6; }
    DiffView, TextView { height: 8; }
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page

    def compose(self) -> ComposeResult:
        yield from getattr(self, f"page_{self.page}")()
        yield PlainStatic("READY", id="ready")

    def page_tables(self) -> Iterable[Widget]:
        now = datetime(2026, 1, 1, tzinfo=UTC)
        results = (result(BAD),)
        pair = PairRow(case(), 0, "broke", 1.0, 0.0, results, (result(LONG),), BAD)
        for columns, rows in (
            (RESULT_COLUMNS, [result_row(), result_row(LONG, 1), result_row(BLOCK, 2)]),
            (RUN_COLUMNS, [RunRow(summary(), 0, now)]),
            (PAIR_COLUMNS, [pair]),
            (CASE_COLUMNS, [CaseRow(case(LONG), 0)]),
        ):
            table = CaseTable(columns)
            table.columns.hidden.clear()
            table.load(rows)
            yield CasePane(table, BAD)

    def page_texts(self) -> Iterable[Widget]:
        view, strip, detail, charts = TextView(), CaseStrip(), TextView(), TextView()
        yield from (view, strip, detail, charts, PlainStatic(BAD), PlainLabel(BAD))
        self.call_after_refresh(view.show, LONG)
        self.call_after_refresh(strip.show_row, result_row(BLOCK))
        self.call_after_refresh(detail.show, case_detail(result_row(BLOCK), None, BAD))
        self.call_after_refresh(charts.show, chart_text([result_row()] * 4, 60))

    def page_heads(self) -> Iterable[Widget]:
        live, stored, verdict = RunHeader(), RunHeader(), VerdictHead()
        status = StatusLine(id="status")
        yield from (ModeTabs("run", BAD), live, stored, verdict, status)
        live.show(head_of_progress(progress(), BAD, BAD))
        stored.show(head_of_summary(summary(), BAD, 1, 1, BAD))
        verdict.say(BAD, BLOCK, LONG)
        status.message = BAD
        matrix = Confusion((BAD, "b"), ((1, 0), (0, 1)))
        yield PlainStatic("\n".join(confusion_lines(matrix, 60)))
        titled = PlainStatic("titled", classes="pane")
        titled.border_title = plain(BLOCK)
        yield titled

    def page_diffs(self) -> Iterable[Widget]:
        split, unified, long = DiffView(), DiffView(), DiffView()
        unified.chosen = "unified"
        yield from (split, unified, long)
        self.call_after_refresh(split.show, BLOCK, BLOCK.replace("a", "b"))
        self.call_after_refresh(unified.show, BLOCK, "other\n" + BLOCK)
        self.call_after_refresh(long.show, LONG, LONG + BAD)

    def page_fields(self) -> Iterable[Widget]:
        editor = PromptEditor()
        yield from (PlainInput(BAD), ValueArea(BLOCK), editor)
        self.call_after_refresh(editor.load_text, BLOCK)

    def page_naive(self) -> Iterable[Widget]:
        """What all others avoid: the text as it came."""
        yield Static(Content(BAD))

    def on_key(self, event: object) -> None:
        if getattr(event, "key", "") == "q":
            self.exit()


if __name__ == "__main__":
    Hostile(sys.argv[1]).run()
