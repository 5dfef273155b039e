"""Sending of `workbench run --batch`, which always names the run, even on failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.cli.context import CommandContext

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.runs.spec.values import RunSpec, RunSummary


def send(context: CommandContext, session: Session, spec: RunSpec, name: str) -> RunSummary:
    """Submit a batch; on failure or interruption, say how to resume the run."""
    from workbench.actions.running import run as running

    started: list[str] = []

    def named(run_id: str) -> None:
        started.append(run_id)
        context.note(f"run {run_id}: {name}")

    try:
        return running.submit(session, spec, named)
    except BaseException:
        for run_id in started:
            context.note(next_step(run_id, session.store.batch_of(run_id)))
        raise


def next_step(run_id: str, batch: str) -> str:
    """How to resume an incomplete run, in one line."""
    if batch:
        return f"collect the batch with: workbench run --attach {run_id}"
    return f"go on with: workbench run --resume {run_id}"
