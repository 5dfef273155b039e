"""`workbench doctor`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_USAGE, NotFound
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.workspace.checks import Check
    from workbench.actions.workspace.probe import Probed, Target


@command("doctor", example="workbench doctor")
@click.option(
    "--probe",
    metavar="[PROVIDER]",
    is_flag=False,
    flag_value="",
    help="Ask the providers, or one, what they honour: four calls a model.",
)
def doctor_command(context: CommandContext, probe: str | None) -> int:
    """Check the machine, the settings, the drafts and suites, and the registry.

    It makes no call to any provider. With --probe it makes a few to each model that the drafts
    name, says before what they cost, and records which options are honoured and which ignored,
    so that runs can warn. Exit code 2 when something will not work.
    """
    from workbench.actions.workspace.checks import Level
    from workbench.actions.workspace.doctor import examine

    try:
        workspace = context.workspace()
    except NotFound:
        workspace = None
    probed, retiring = ([], []) if probe is None else _probe(context, probe)
    checks = [*examine(workspace), *(item.check for item in probed), *retiring]
    problems = sum(check.level is Level.PROBLEM for check in checks)
    values: dict[str, Any] = {
        "ok": not problems,
        "checks": [
            {
                "name": check.name,
                "level": check.level.value,
                "said": check.message,
                "hint": check.hint,
            }
            for check in checks
        ],
    }
    if probe is not None:
        values["probes"] = [
            {"provider": item.target.provider.name, **item.result.content()}
            for item in probed
            if item.result
        ]
    context.answer(values, [_line(check) for check in checks])
    return EXIT_USAGE if problems else EXIT_DONE


def _line(check: Check) -> str:
    hint = f" ({check.hint})" if check.hint else ""
    return f"{check.level.value:<8} {check.name}: {check.message}{hint}"


def _probe(context: CommandContext, provider: str) -> tuple[list[Probed], list[Check]]:
    """The probes, and what the endpoints' own lists say of models that retire."""
    from workbench.actions.workspace.probe import listed_retirements, probe_all, targets
    from workbench.actions.workspace.retiring import retirement_checks
    from workbench.providers.probe import PROMPT_TOKENS

    session = context.session()
    chosen = targets(session, provider)

    def say(target: Target) -> None:
        cost = "cost unknown" if target.usd is None else f"about {numbers.money(target.usd)}"
        calls = f"{numbers.plural(target.calls, 'call')} of {PROMPT_TOKENS:,} tokens together"
        context.note(f"probing {target.name}: {calls}, {cost}")

    probed = probe_all(session, chosen, say)
    listed = listed_retirements(chosen)
    today = datetime.now(UTC).date()
    return probed, list(retirement_checks(session.workspace, today, listed))
