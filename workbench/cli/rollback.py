"""`workbench rollback`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.deploy import deployment_json
from workbench.errors import UsageError


@command("rollback", example='workbench rollback support_triage production --reason "wrong queue"')
@click.argument("prompt_id", metavar="PROMPT")
@click.argument("environment")
@click.option("--to", metavar="VERSION", help="Default: what was live before.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
@click.option("--preview", is_flag=True, help="Only show where it would go.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
def rollback_command(
    context: CommandContext,
    prompt_id: str,
    environment: str,
    to: str | None,
    reason: str,
    preview: bool,
    yes: bool,
) -> None:
    """Go back to what was live before.

    A second rollback goes further back, never forward.
    """
    import sys

    from workbench.actions.releasing import deploy as deploying

    session = context.session()
    seen = deploying.rollback_preview(session, prompt_id, environment, to)
    line = f"{prompt_id} in {environment}: {seen.from_version} -> {seen.to_version}"
    for warning in seen.warnings:
        context.note(f"warning: {warning}")
    if preview:
        values = {
            "prompt_id": prompt_id,
            "environment": environment,
            "from_version": seen.from_version,
            "to_version": seen.to_version,
            "state": seen.status.state.value,
            "reason": seen.status.reason,
            "warnings": list(seen.warnings),
        }
        context.answer(values, [line, f"{seen.status.state.value}: {seen.status.reason}"])
        return
    asks = sys.stdin.isatty() and sys.stderr.isatty() and not yes and not context.as_json
    if asks and not context.agree(f"{line}. Roll back?"):
        raise UsageError("not rolled back")
    done = deploying.rollback(
        session, prompt_id, environment, to=to, reason=reason, expect=seen.expect
    )
    stale = " (its evidence is stale)" if done.stale else ""
    context.answer(deployment_json(done), [f"rolled back: {line}{stale}"])
