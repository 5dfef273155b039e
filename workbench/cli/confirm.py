"""The question before a dear run, the same for every command that starts runs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from workbench.cli import interrupts
from workbench.cli.face import Face
from workbench.errors import UsageError
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.bench import Bench
    from workbench.actions.costs import Ahead, Cost

yes_option = click.option("--yes", is_flag=True, help="Do not ask before it costs much.")
_HINT = "--yes, or confirm_above in workbench.toml"


def confirm(
    face: Face, bench: Bench, runs: Iterable[Ahead], yes: bool, *, hint: str = _HINT
) -> None:
    """Ask before money is spent. Raises UsageError when told no, or when nobody is there."""
    if yes:
        return
    from workbench.actions.costs import worth_asking

    cost = worth_asking(bench, runs)
    if cost is not None:
        confirm_cost(face, bench, cost, hint=hint)


def confirm_cost(face: Face, bench: Bench, cost: Cost, *, hint: str = _HINT) -> None:
    """Ask about a cost that is worth it. Raises UsageError as `confirm` does."""
    said = _in_words(cost, bench.workspace.settings.confirm_above_usd)
    if not _agreed(face, f"This costs {said}. Run?"):
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


def _agreed(face: Face, question: str) -> bool:
    """What a person answers; Ctrl+C at the question ends the command, as it does anywhere."""
    with interrupts.unwatched():
        return face.agree(question)
