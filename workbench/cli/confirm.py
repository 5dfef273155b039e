"""Confirmation of an expensive run, shared by all commands that start runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from workbench.cli import interrupts
from workbench.cli.context import CommandContext
from workbench.errors import UsageError

if TYPE_CHECKING:
    from workbench.actions.running.costs import Cost, PlannedRun
    from workbench.actions.session import Session
    from workbench.runs.engine.direct_judging import Ahead
    from workbench.scorers.judges.judge import Judge

yes_option = click.option("--yes", is_flag=True, help="Do not ask before it costs much.")
_HINT = "--yes, or confirm_above in workbench.toml"


def confirm(
    context: CommandContext,
    session: Session,
    runs: Iterable[PlannedRun],
    yes: bool,
    *,
    hint: str = _HINT,
) -> None:
    """Ask for confirmation of the cost. Raises UsageError if declined or not on a terminal."""
    if yes:
        return
    from workbench.actions.running.costs import cost_to_confirm

    cost = cost_to_confirm(session, runs)
    if cost is not None:
        confirm_cost(context, session, cost, hint=hint)


def confirm_judging(
    context: CommandContext,
    session: Session,
    judge: Judge,
    ahead: Ahead,
    *,
    agreed: bool,
) -> None:
    """Say how often a judge will be asked, and, unless it is `agreed` already, ask whether it may
    cost so much. Raises UsageError like `confirm`.
    """
    from workbench.actions.running.costs import judging_to_confirm
    from workbench.present import numbers

    calls = numbers.plural(ahead.calls, "call")
    usd = "" if ahead.usd is None else f", at most about {numbers.money(ahead.usd)}"
    stored = f", {ahead.cached:,} answers are stored" if ahead.cached else ""
    context.note(f"{judge.prompt.prompt_id}: {calls}{usd}{stored}")
    cost = None if agreed else judging_to_confirm(session, judge.prompt, ahead)
    if cost is not None:
        confirm_cost(context, session, cost, hint="--yes, or --budget USD")


def confirm_cost(
    context: CommandContext, session: Session, cost: Cost, *, hint: str = _HINT
) -> None:
    """Ask for confirmation of this cost. Raises UsageError like `confirm`."""
    amount = cost.words(session.workspace.settings.confirm_above_usd)
    if not _agreed(context, f"This costs {amount}. Run?"):
        raise UsageError(f"not run: it would cost {amount}", hint=hint)


def _agreed(context: CommandContext, question: str) -> bool:
    """The user's answer; Ctrl+C at the question ends the command."""
    with interrupts.unwatched():
        return context.agree(question)
