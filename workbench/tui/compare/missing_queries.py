"""Runs the missing cases of a comparison, in a thread with a Session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.actions.comparing.rerun_missing import Gap, rerun_missing
from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.runs.spec.values import RunStatus
from workbench.tui.compare.further_sides import Further, read_further
from workbench.tui.compare.queries import Comparing, read_comparison


@dataclass(frozen=True)
class Filled:
    """The comparison after missing cases were run."""

    comparing: Comparing
    further: tuple[Further, ...]
    problem: str = ""
    """Why some cases could not be run."""


def fill_and_read(session: Session, sides: Sequence[Gap], suite: str, on_run: OnRun) -> Filled:
    """Run the missing cases of A, B and the further sides in turn, then compare again.

    A failure ends up in `problem`: answers given before it count. Raises what `compare` raises.
    """
    run_ids, problem = [], ""
    for gap in sides:
        run_id = gap.side.summary.run_id
        if gap.cases and not problem:
            try:
                summary = rerun_missing(session, gap, on_run)
            except WorkbenchError as error:
                problem = str(error)
            else:
                run_id = summary.run_id
                if summary.status is not RunStatus.COMPLETE:
                    problem = summary.reason or f"the run is {summary.status}"
        run_ids.append(run_id)
    # By their runs: a draft or a version that still lacks answers would be run once more.
    first = read_comparison(session, run_ids[0], run_ids[1], suite, on_run)
    further = [read_further(session, first.compared, run_id, on_run) for run_id in run_ids[2:]]
    return Filled(first, tuple(further), problem)
