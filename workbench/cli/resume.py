"""Options, confirmation and display name of `workbench run --resume`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.confirm import confirm
from workbench.cli.context import CommandContext

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.runs.spec.values import RunSpec

AS_IT_WAS = "going on with the prompt as it was when the run began"
_FLAGS = {"ref": "--prompt", "models": "--model"}
_ALLOWED = {"--resume": ("concurrency", "budget"), "--attach": ()}


def check_flags(flag: str, options: Mapping[str, Any]) -> None:
    """Raise a usage error for options that cannot be changed for a started run."""
    allowed = _ALLOWED[flag]
    given = [
        _FLAGS.get(name, f"--{name}")
        for name, value in options.items()
        if value is not None and value is not False and name not in allowed
    ]
    if given:
        may = "".join(f"--{name}, " for name in allowed)
        raise click.UsageError(
            f"{' and '.join(given)} cannot go with {flag}: the run goes on as it began"
            f" (it takes {may}--yes)"
        )


def resume_spec(
    context: CommandContext, session: Session, run_id: str, options: Mapping[str, Any], yes: bool
) -> tuple[RunSpec, str]:
    """The specification of the rest of a run, after confirmation, and its display name."""
    from workbench.actions.running import run as running
    from workbench.actions.running.costs import PlannedRun

    spec = running.spec_of_run(
        session, run_id, concurrency=options["concurrency"], budget_usd=options["budget"]
    )
    spent = session.store.summary(run_id).cost_usd or 0.0
    done = frozenset() if spec.stream else session.store.done(run_id)
    ahead = PlannedRun(spec, done, spent)
    confirm(context, session, [ahead], yes, hint="--yes, or --budget USD")
    other = running.differs_from_draft(session, run_id)
    return spec, AS_IT_WAS + (", not as the draft is now" if other else "")
