"""The question before a dear run, the same for every command that starts runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from workbench.cli import interrupts
from workbench.cli.context import CommandContext
from workbench.errors import UsageError
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.running.costs import Ahead, Cost
    from workbench.actions.session import Session

yes_option = click.option("--yes", is_flag=True, help="Do not ask before it costs much.")
_HINT = "--yes, or confirm_above in workbench.toml"


def confirm(
    context: CommandContext,
    session: Session,
    runs: Iterable[Ahead],
    yes: bool,
    *,
    hint: str = _HINT,
) -> None:
    """Ask before money is spent. Raises UsageError when told no, or when nobody is there."""
    if yes:
        return
    from workbench.actions.running.costs import worth_asking

    cost = worth_asking(session, runs)
    if cost is not None:
        confirm_cost(context, session, cost, hint=hint)


def confirm_cost(
    context: CommandContext, session: Session, cost: Cost, *, hint: str = _HINT
) -> None:
    """Ask about a cost that is worth it. Raises UsageError as `confirm` does."""
    said = _in_words(cost, session.workspace.settings.confirm_above_usd)
    if not _agreed(context, f"This costs {said}. Run?"):
        raise UsageError(f"not run: it would cost {said}", hint=hint)


def _in_words(cost: Cost, limit_usd: float) -> str:
    """What it would cost, and why that is asked about."""
    parts = []
    if cost.usd:
        parts.append(f"about {numbers.money(cost.usd)}")
    if cost.unpriced:
        parts.append(f"the unknown price of {numbers.plural(cost.unpriced, 'call')}")
    more = f", more than {numbers.money(limit_usd)}" if not cost.unpriced else ""
    return " and ".join(parts) + more


def _agreed(context: CommandContext, question: str) -> bool:
    """What a person answers; Ctrl+C at the question ends the command, as it does anywhere."""
    with interrupts.unwatched():
        return context.agree(question)
