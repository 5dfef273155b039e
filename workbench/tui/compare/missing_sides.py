"""Running the missing cases from the compare screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.actions.comparing.rerun_missing import Gap, estimate_missing
from workbench.errors import WorkbenchError
from workbench.runs.engine.estimate import Estimate
from workbench.tui.compare.many_sides import ManySidesScreen
from workbench.tui.compare.missing_queries import Filled, fill_and_read


class MissingSidesScreen(ManySidesScreen):
    """`r` runs what is missing and compares again."""

    def action_missing(self) -> None:
        """Show the estimate first, or say that nothing is missing."""
        app, sides = self.app, self.gaps
        open_gaps = [(letter, gap) for letter, gap in sides if gap.cases]
        if self.comparing is None or self._is_busy:
            return
        if not open_gaps:
            app.tell(nothing_to_run(len(self.comparing.compared.headline.missing)))
        elif app.runs.is_alive:
            app.tell("a run is active: x stops it", error=True)
        else:
            comparing = self.comparing

            def ask(estimate: Estimate) -> None:
                from workbench.tui.compare.run_missing import RunMissing

                def answered(agreed: bool | None) -> None:
                    if agreed and self.comparing is comparing:
                        self._run_missing(sides)

                app.push_screen(RunMissing(open_gaps, estimate), answered)

            gaps = [gap for _, gap in open_gaps]
            app.in_thread(estimate_missing, gaps, done=ask, group="estimate", opens=True)

    def _run_missing(self, gaps: Sequence[tuple[str, Gap]]) -> None:
        app = self.app
        self._is_busy = True
        self.head.say("running what is missing…", "what is compared below is from before")
        sides = [gap for _, gap in gaps]

        def filled(done: Filled) -> None:
            self._filled(done, sides)

        app.in_thread(
            fill_and_read,
            sides,
            sides[0].suite.name,
            app.runs.follow_from_thread,
            done=filled,
            failed=self._not_filled,
            group="compare",
        )
        self.refresh_bindings()

    def _filled(self, done: Filled, sides: Sequence[Gap]) -> None:
        compared = done.comparing.compared
        # A side that got a new run is represented by that run from now on.
        runs = (compared.a.summary.run_id, compared.b.summary.run_id)
        a, b = (
            run_id if gap.unasked else asked
            for run_id, gap, asked in zip(runs, sides, self._asked, strict=False)
        )
        self._asked = (a, b)
        app = self.app
        app.selection = replace(app.selection, compare_a=a, compare_b=b)
        self.further = done.further
        self._compared(done.comparing, cursor=self.table.cursor_key)
        if done.further:
            self._take_further(done.further)
        if done.problem:
            app.tell(f"not everything was run: {done.problem}", error=True)

    def _not_filled(self, error: WorkbenchError) -> None:
        self._is_busy = False
        self._show_head()
        self.say_keys()
        self.app.tell(str(error), error=True)
        self.refresh_bindings()


def nothing_to_run(missing: int) -> str:
    """Why there is nothing to run although cases may lack a score."""
    if not missing:
        return "nothing is missing: every case is answered on all sides"
    cases = "1 case has" if missing == 1 else f"{missing:,} cases have"
    return f"{cases} an answer without a score: asking again would not change it"
