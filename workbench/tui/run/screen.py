"""Mode 3, Run: the active run or a stored one, case by case; else the list of runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content

from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.present.charts import sparkline
from workbench.present.run_remarks import remarks
from workbench.runs.spec.values import Result, RunProgress, RunStatus, RunSummary
from workbench.tui.context.messages import RunEnded, RunStarted, RunTicked
from workbench.tui.context.selection import Selection
from workbench.tui.keys import keys
from workbench.tui.run.panes import RunPanes
from workbench.tui.run.queries import RunPage, counterpart, read_results, read_run, read_runs
from workbench.tui.run.rows import RunRow
from workbench.tui.run.run_charts import ChartScreen
from workbench.tui.run.slot_lines import SlotLines
from workbench.tui.services.judge_replies import judged_in_run
from workbench.tui.table.case_rows import ResultRow, answered
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.copying import Copy
from workbench.tui.table.row_copies import copies_of
from workbench.tui.widgets.case_detail import CaseScreen, CaseStrip, case_detail
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.run_header import (
    EDITED,
    RunHeader,
    head_of_progress,
    head_of_summary,
    title_of,
)
from workbench.tui.widgets.text_view import TextView

READ_AGAIN_S = 1.0
"""Seconds between two reads of a run that another part drains."""
TREND = 60


class RunScreen(RunPanes):
    """One run with its cases, or all runs."""

    MODE = "run"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("run")
    AUTO_FOCUS = "#run-list"

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._reading = False
        self._late: list[Result] = []
        self._latencies: list[float | None] = []
        self._known: RunProgress | None = None
        """Progress of the active run when this screen last received it."""

    # What is shown

    @property
    def is_live(self) -> bool:
        """Whether the shown run is active."""
        live = self.app.runs.live
        return bool(live and live.run_id == self._wanted)

    def show(self, selection: Selection) -> None:
        live = self.app.runs.live
        wanted = selection.run_id or (live.run_id if live else "")
        if not wanted:
            self._show_list()
        elif wanted != self._wanted or self.page is None or live or self._missed_something:
            self._open(wanted)

    @property
    def _missed_something(self) -> bool:
        """Whether the shown run progressed while another screen was shown."""
        progress = self.app.runs.progress
        return bool(progress and progress.run_id == self._wanted and progress is not self._known)

    def _show_list(self) -> None:
        self._wanted = ""
        self.page = None
        self.remove_class("-one")
        self.runs_table.focus()
        self.app.in_thread(read_runs, done=self._listed, group="runs", opens=True)
        self.refresh_bindings()

    def _listed(self, summaries: tuple[RunSummary, ...]) -> None:
        now = datetime.now(UTC)
        rows = [RunRow(summary, at, now) for at, summary in enumerate(summaries)]
        self.runs_table.load(rows, cursor=self.runs_table.cursor_key)
        if not self._wanted:
            opens = "enter opens a run · = marks it as baseline · c compares · " if rows else ""
            self.hint(f"{opens}F5 runs the draft")
            self.refresh_bindings()

    def _open(self, run_id: str) -> None:
        if run_id != self._wanted:
            self.page = None
            self.table.load([])
        self._wanted = run_id
        self._known = None if self.is_live else self.app.runs.progress
        self._late = []
        self.is_edited = False
        self.add_class("-one")
        self.table.focus()
        done, failed = self._opened, self._not_opened
        self.app.in_thread(read_run, run_id, done=done, failed=failed, group="run")
        self.refresh_bindings()

    def _not_opened(self, error: WorkbenchError) -> None:
        self.app.tell(str(error), error=True)
        self.app.select(run_id=None)

    def _opened(self, page: RunPage) -> None:
        if page.summary.run_id != self._wanted:
            return
        again = self.page is not None and self.table.touched
        self.page = page
        rows = {row.key: row for row in page.rows}
        if self.is_live:
            # Results that arrived after the store was read.
            late = [*self.app.runs.results, *self._late]
            rows.update((row.key, row) for row in answered(rows, late))
        self.table.load(list(rows.values()), cursor=self.table.cursor_key if again else "")
        self._latencies = [_latency(row.result) for row in rows.values() if row.result][-TREND:]
        self.show_title()
        self.find_edited()
        self.refresh_bindings()

    def show_title(self) -> None:
        page = self.page
        if page is None or self.is_live:
            return  # the next RunTicked shows it
        summary = page.summary
        head = head_of_summary(
            summary,
            self.title_of_run,
            page.passed,
            page.failed,
            self._trend(),
            faults=page.faults,
            notes=remarks(summary.environment),
        )
        self.query_one(RunHeader).show(head)
        if summary.status is RunStatus.COMPLETE and not summary.errors:
            self.hint("c compares it with what is live · t charts · esc all runs")
        else:
            self.hint("r runs what is missing or failed · f errors · esc all runs")

    # The active run

    def on_run_started(self, message: RunStarted) -> None:
        self._open(message.run_id)

    def on_run_ticked(self, message: RunTicked) -> None:
        if message.progress.run_id != self._wanted:
            return
        self._latencies = [*self._latencies, *map(_latency, message.results)][-TREND:]
        title = self.title_of_run or self.app.runs.name
        head = head_of_progress(message.progress, title, self._trend())
        self.query_one(RunHeader).show(head)
        room = self.has_class("-wide") and self.has_class("-tall")
        self.query_one(SlotLines).show_slots(message.progress.slots if room else ())
        done, total = message.progress.done, message.progress.total
        self.hint(f"saved to disk: {done}/{total} · safe to quit, resume with r")
        if self.page is None:
            self._late += message.results
        else:
            self._put(message.results)
            if not self.app.runs.drains:
                self._read_stored()

    def on_run_ended(self, message: RunEnded) -> None:
        self.query_one(SlotLines).show_slots(())
        if message.summary.run_id == self._wanted:
            self._open(self._wanted)
        elif not self._wanted:
            self._show_list()

    def _put(self, results: Iterable[Result]) -> None:
        self.table.put(answered(self.table.model.rows, results))

    def _read_stored(self) -> None:
        """Read stored results while an evaluation or a comparison drains the run."""
        if self._reading or not self.is_live:
            return
        self._reading = True
        run_id = self._wanted

        def arrived(results: list[Result]) -> None:
            if run_id == self._wanted:
                rows = self._rows()
                fresh = [row for row in answered(rows, results) if rows[row.key].result is None]
                self.table.put(fresh)
            self.set_timer(READ_AGAIN_S, done)

        def done() -> None:
            self._reading = False

        self.app.in_thread(read_results, run_id, done=arrived, group="more")

    def _rows(self) -> dict[str, ResultRow]:
        rows = self.table.model.rows
        return {key: row for key, row in rows.items() if isinstance(row, ResultRow)}

    def _trend(self) -> str:
        line = sparkline(self._latencies)
        return f"latency {line}" if line else ""

    # The case under the cursor

    @on(CaseTable.Highlighted, "#case-list")
    def _highlighted(self) -> None:
        row = self.table.cursor_row
        result_row = row if isinstance(row, ResultRow) else None
        self.query_one(CaseStrip).show_row(result_row)
        if self.has_class("-wide"):
            self.query_one("#detail", TextView).show(self._describe()[1])
        if result_row:
            self.app.selection = replace(self.app.selection, case_id=result_row.case_id)

    @on(CaseTable.Opened, "#case-list")
    @on(CaseTable.Peeked, "#case-list")
    def _case(self) -> None:
        self.app.push_screen(CaseScreen(self._describe, self._step, self.copies, self._judged))

    @on(CaseTable.Opened, "#run-list")
    def _run(self, message: CaseTable.Opened) -> None:
        self.app.select(run_id=message.key)

    def copies(self) -> Sequence[Copy]:
        row = (self.table if self._wanted else self.runs_table).cursor_row
        if row is None:
            return ()
        return (*copies_of(row), Copy("run", "the id of the run", self._run_in_hand()))

    def _describe(self) -> tuple[str, Content]:
        row = self.table.cursor_row
        if not isinstance(row, ResultRow):
            return "", Content("")
        page = self.page
        rating = page.ratings.get(row.key, "") if page else ""
        detail = case_detail(row, page.prompt if page else None, rating)
        edited = f" · draft, {EDITED}" if self.is_edited else ""
        return f"{row.label} · {row.status}{edited}", detail

    def _step(self, way: int) -> None:
        self.table.move_following(way)

    def _judged(self) -> Callable[[Session], Content]:
        return judged_in_run(self._run_in_hand(), self.table.cursor_row)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        summary = self.page.summary if self.page else None
        match action:
            case "stop":
                return self.app.runs.is_alive
            case "resume":
                is_open = summary and (summary.status is not RunStatus.COMPLETE or summary.errors)
                return bool(is_open and not self.app.runs.is_alive)
            case "named" | "charts" | "promote":
                return bool(self._wanted)
            case "compare" | "baseline" | "label":
                return bool(self._wanted or len(self.runs_table.model))
            case "back":
                return bool(self._wanted) or self.query_one("#runs", CasePane).is_filtered
        return True

    def action_stop(self) -> None:
        """First press: finish the calls in flight; second press: abort them."""
        runs = self.app.runs
        if not runs.live:
            return
        if runs.live.stopping:
            runs.abort()
            self.app.tell("aborting the calls in flight")
        else:
            runs.stop()
            self.app.tell("stopping after the calls in flight · x again aborts them")

    def action_resume(self) -> None:
        if self.page:
            self.app.runs.resume(self._wanted, title_of(self.page.summary))

    def action_named(self) -> None:
        self.query_one("#cases", CasePane).cycle()

    def action_back(self) -> None:
        pane = self.query_one("#cases" if self._wanted else "#runs", CasePane)
        if pane.clear_filter() or not self._wanted:
            return
        self.runs_table.load([], cursor=self._wanted)
        self.app.select(run_id=None)
        self._show_list()

    def action_baseline(self) -> None:
        run_id = self._run_in_hand()
        if run_id:
            self.app.select(compare_a=run_id)
            self.app.tell(f"baseline: {run_id} · c on another run compares")

    def action_compare(self) -> None:
        run_id = self._run_in_hand()
        if not run_id:
            return
        marked = self.app.selection.compare_a
        if marked and marked != run_id:
            self.app.open_compare(marked, run_id)
            return

        def compare(ref: str | None) -> None:
            if ref:
                self.app.open_compare(ref, run_id)
            else:
                self.app.tell("nothing to compare it with yet: = marks a baseline")

        self.app.in_thread(counterpart, run_id, done=compare, group="counterpart")

    def action_charts(self) -> None:
        summary = self.page.summary if self.page else None
        notes = remarks(summary.environment) if summary else []
        if summary and summary.reason:
            notes.insert(0, summary.reason)
        self.app.push_screen(ChartScreen(list(self._rows().values()), notes))

    def action_promote(self) -> None:
        from workbench.tui.dialogs.case_form import promote

        row = self.table.cursor_row
        if isinstance(row, ResultRow) and self.page:
            promote(self.app, self.page.summary, row)

    def _run_in_hand(self) -> str:
        return self._wanted or self.runs_table.cursor_key


def _latency(result: Result | None) -> float | None:
    return result.answer.latency_s if result else None
