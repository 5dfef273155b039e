"""Compare: two prompts case by case, worst first, with the verdict over them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content

from workbench.actions.preflight import Preflight, preflight_comparison
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.tui.compare.columns import PAIR_COLUMNS
from workbench.tui.compare.missing_sides import MissingSidesScreen
from workbench.tui.compare.pair_detail import in_full
from workbench.tui.compare.panes import COMING, NOTHING
from workbench.tui.compare.pick_ref import PickRef
from workbench.tui.compare.queries import (
    Comparing,
    rate,
    read_comparison,
    read_swapped,
    write_report,
)
from workbench.tui.compare.refs import Ref, read_refs
from workbench.tui.compare.rows import PairRow
from workbench.tui.compare.side_outputs import SideOutputs
from workbench.tui.compare.verdict_head import VerdictHead
from workbench.tui.context.messages import RunTicked
from workbench.tui.context.selection import Selection
from workbench.tui.dialogs.ask_calls import AskCalls
from workbench.tui.keys import keys
from workbench.tui.services.judge_replies import Judged, read_replies
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.copying import Copy
from workbench.tui.table.row_copies import copies_of
from workbench.tui.widgets.case_detail import CaseScreen
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.run_header import head_lines, head_of_progress
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

NEED_A_COMPARISON = frozenset(
    (
        "named",
        "next",
        "prompt",
        "input",
        "view",
        "context",
        "report",
        "deploy",
        "why",
        "add",
        "prefer",
    )
)


class CompareScreen(MissingSidesScreen):
    """Verdict, cases, both outputs."""

    MODE = "compare"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("compare"), *keys.bindings("diff")]
    AUTO_FOCUS = "#pair-list"

    # Comparing

    _agreeing: tuple[str | None, str | None] | None = None
    """The sides whose calls await confirmation."""

    def show(self, selection: Selection) -> None:
        asked = (selection.compare_a, selection.compare_b)
        was_asked, self._agreeing = asked == self._agreeing, None
        # The answer of the dialog about its calls decides what happens next.
        if was_asked or (asked == self._asked and (self.comparing or self._is_busy)):
            return
        self._asked = asked
        self._forget()
        if not all(asked):
            self._ask_for_sides(*asked)
            return
        self._compare(str(asked[0]), str(asked[1]), selection.suite)

    def _forget(self) -> None:
        self.comparing, self.further, self.beside = None, (), ""
        self.table.empty = NOTHING
        self.remove_class("-compared", "-further")
        self.table.replace_columns(PAIR_COLUMNS)
        self.query_one(SideOutputs).show([])
        self.table.load([])
        self.outputs.clear()
        self.query_one("#sides").border_title = plain("")
        self.query_one("#facts-of-case", TextView).show("")

    def _ask_for_sides(self, a: str | None, b: str | None) -> None:
        self.head.say(f"A  {a or 'a picks the baseline'}", f"B  {b or 'b picks the candidate'}")
        self.hint("a picks A · b picks B")

    def _compare(self, ref_a: str, ref_b: str, suite: str | None) -> None:
        app = self.app
        self._is_busy = True
        self.table.empty = COMING
        self.head.say(f"comparing {ref_a} with {ref_b}", "reading what is stored…")

        def estimated(preflight: Preflight) -> None:
            if not preflight.needs_confirmation:
                self._read(ref_a, ref_b, suite)
            elif app.screen is self:
                self._agreeing = (ref_a, ref_b)
                app.push_screen(AskCalls(f"Compare {ref_a} with {ref_b}", preflight), answered)
            else:
                answered(None)

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._read(ref_a, ref_b, suite)
            else:
                self._failed(UsageError("not run: its calls were not confirmed", hint="a, b or X"))

        app.in_thread(
            preflight_comparison,
            (ref_a, ref_b),
            suite,
            done=estimated,
            failed=self._failed,
            group="compare",
        )

    def _read(self, ref_a: str, ref_b: str, suite: str | None) -> None:
        self.app.in_thread(
            read_comparison,
            ref_a,
            ref_b,
            suite,
            self.app.runs.follow_from_thread,
            done=self._compared,
            failed=self._failed,
            group="compare",
        )

    def _failed(self, error: WorkbenchError) -> None:
        self._is_busy = False
        self.table.empty = NOTHING
        self.table.refresh()
        a, b = self._asked
        self.head.say(f"A {a}  →  B {b}", "not compared:", str(error))
        self.app.tell(str(error), error=True)
        self.refresh_bindings()

    def on_run_ticked(self, message: RunTicked) -> None:
        """A run that the comparison waits for."""
        if self._is_busy:
            head = head_of_progress(message.progress, f"running {self.app.runs.name} first")
            self.head.say(*head_lines(head, self.head.size.width)[:4])
            self.hint("x stops it · what is done is kept")
            self.refresh_bindings()

    # The case under the cursor

    @on(DiffView.Compared, "#outputs")
    def _differ(self, message: DiffView.Compared) -> None:
        rows = message.rows
        sides = self.query_one("#sides")
        if self.row is None:
            sides.border_subtitle = plain("")
        elif rows.is_same:
            sides.border_subtitle = plain("same answer")
        else:
            sides.border_subtitle = plain(f"+{rows.added} -{rows.removed} lines")

    @on(CaseTable.Opened, "#pair-list")
    @on(CaseTable.Peeked, "#pair-list")
    def _open(self) -> None:
        self.app.push_screen(CaseScreen(self._describe, self._step, self.copies, self._judged))

    def copies(self) -> Sequence[Copy]:
        row, comparing = self.row, self.comparing
        if row is None or comparing is None:
            return ()
        compared = comparing.compared
        sides = (compared.a, compared.b, *(side.compared.b for side in self.further))
        runs = [
            Copy(f"run_{letter.casefold()}", f"the id of {letter}'s run", side.summary.run_id)
            for letter, side in zip("ABCD", sides, strict=False)
        ]
        return (*copies_of(row), *runs)

    def _describe(self) -> tuple[str, Content]:
        row = self.row
        if row is None:
            return "", Content("")
        return f"{row.case.id} · {row.what_became}", in_full(row)

    def _step(self, way: int) -> None:
        self.table.move_following(way)

    def _judged(self) -> Callable[[Session], Content]:
        row = self.row
        judged = [
            Judged(letter, side.summary.run_id, row.case.id, result.repeat)
            for letter, side in self.sides
            for result in (row.answers[letter] if row else ())
            if row
        ]
        return lambda session: read_replies(session, judged)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action == "stop":
            return self._is_busy and self.app.runs.is_alive
        if action == "beside":
            return bool(self.further)
        if action == "drop":
            return bool(self.further) and not self._is_busy
        if action == "missing":
            return self.comparing is not None and not self._is_busy
        if action in NEED_A_COMPARISON:
            return self.comparing is not None
        return action not in ("promote", "rate") or self.row is not None

    def action_named(self) -> None:
        pane = self.query_one("#pairs", CasePane)
        pane.cycle()
        self.head.choose(pane.current.name)

    @on(VerdictHead.Chosen)
    def _chosen(self, message: VerdictHead.Chosen) -> None:
        self.query_one("#pairs", CasePane).choose(message.name)
        self.head.choose(message.name)
        self.table.focus()

    def action_next(self, way: int) -> None:
        """The next changed case; in a list of one kind simply the next."""
        if not self.table.move_following(
            way, lambda row: isinstance(row, PairRow) and row.worst != "same"
        ):
            self.table.move_following(way)

    def action_rate(self, label: str) -> None:
        row, comparing = self.row, self.comparing
        if row is None or comparing is None:
            return
        run_id = comparing.compared.b.summary.run_id

        def saved(_: None) -> None:
            self.table.put([replace(row, rating=label)])
            self.app.tell(f"{row.case.id}: {label or 'no rating'} · saved with run {run_id}")

        self.app.in_thread(rate, run_id, row.case.id, label, done=saved)

    def action_pick(self, which: str) -> None:
        selection = self.app.selection
        if not selection.prompt_id and self.comparing is None:
            self.app.tell("pick a prompt first: F2", error=True)
            return
        prompt_id = selection.prompt_id
        if self.comparing:
            prompt_id = self.comparing.compared.b.source.prompt.prompt_id
        title = "Pick A, the baseline" if which == "a" else "Pick B, the candidate"
        current = (selection.compare_a if which == "a" else selection.compare_b) or ""

        def picked(ref: str | None) -> None:
            if ref:
                self.app.select(**{f"compare_{which}": ref})

        def read(refs: list[Ref]) -> None:
            self.app.push_screen(PickRef(title, refs, current), picked)

        self.app.in_thread(read_refs, prompt_id, done=read, group="refs", opens=True)

    def action_swap(self) -> None:
        """Swap A and B without running anything; further sides are removed."""
        app, comparing = self.app, self.comparing
        a, b = self._asked
        if self._is_busy:
            app.tell("it is being compared: X once that is done", error=True)
            return
        if comparing is None:
            app.select(compare_a=b, compare_b=a)
            return
        self._asked = (b, a)
        app.selection = replace(app.selection, compare_a=b, compare_b=a)
        self._is_busy = True
        cursor = self.table.cursor_key

        def done(comparing: Comparing) -> None:
            self._forget()
            self._compared(comparing, cursor)

        app.in_thread(read_swapped, comparing, done=done, failed=self._failed, group="compare")

    def action_stop(self) -> None:
        live = self.app.runs.live
        if live and live.stopping:
            self.app.runs.abort()
        else:
            self.app.runs.stop()

    def action_prefer(self) -> None:
        """Both on logged inputs, compared by whoever sits here."""
        from workbench.tui.labels.pick_inputs import open_prefer

        a, b = self._asked
        if a and b and not self._is_busy:
            open_prefer(self.app, a, b)

    def action_report(self) -> None:
        if self.comparing:
            compared = (self.comparing.compared, *(side.compared for side in self.further))
            self.app.in_thread(write_report, compared, done=self._reported)

    def _reported(self, path: Path) -> None:
        self.app.tell(f"wrote {path.relative_to(self.app.workspace.root)}")

    def action_promote(self) -> None:
        from workbench.tui.dialogs.case_form import promote

        row, comparing = self.row, self.comparing
        if row is None or comparing is None or not row.b:
            return
        summary = comparing.compared.b.summary
        shown = ResultRow(row.case.id, 0, 0, summary.scorer, row.case, row.b[0])
        promote(self.app, summary, shown)

    def action_deploy(self) -> None:
        from workbench.tui.dialogs.deploy import open_deploy

        if self.comparing is None:
            return
        version = self.comparing.version_b
        prompt_id = self.comparing.compared.b.source.prompt.prompt_id
        if version is None:
            self.app.tell("B is no version yet: register it with ^s in Draft", error=True)
            return
        open_deploy(self.app, prompt_id, version)
