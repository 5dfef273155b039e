"""`workbench rollback`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.deploy import answer_published, deployment_json, publish_option
from workbench.errors import EXIT_DONE, UsageError


@command("rollback", example='workbench rollback support_triage production --reason "wrong queue"')
@click.argument("prompt_id", metavar="PROMPT")
@click.argument("environment")
@click.option("--to", metavar="VERSION", help="Default: what was live before.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
@click.option("--preview", is_flag=True, help="Only show where it would go.")
@click.option("--yes", is_flag=True, help="Do not ask on a terminal.")
@publish_option
def rollback_command(
    context: CommandContext,
    prompt_id: str,
    environment: str,
    to: str | None,
    reason: str,
    preview: bool,
    yes: bool,
    publish: bool | None,
) -> int:
    """Go back to what was live before.

    A second rollback goes further back, never forward. The pointers of targets go back too.
    """
    from workbench.actions.releasing import deploy as deploying

    session = context.session()
    seen = deploying.rollback_preview(session, prompt_id, environment, to)
    line = f"{prompt_id} in {environment}: {seen.from_version} -> {seen.to_version}"
    for warning in seen.warnings:
        context.note(f"warning: {warning}")
    if preview:
        back, away = deploying.changes_back(session, seen), deploying.stays_away(session, seen)
        values = {
            "prompt_id": prompt_id,
            "environment": environment,
            "from_version": seen.from_version,
            "to_version": seen.to_version,
            "state": seen.status.state.value,
            "reason": seen.status.reason,
            "warnings": list(seen.warnings),
            "changes": back,
            "cannot_go_back": away,
        }
        lines = [line, f"{seen.status.state.value}: {seen.status.reason}"]
        lines += [f"goes back with it: {change}" for change in back]
        context.answer(values, [*lines, *(f"cannot go back: {what}" for what in away)])
        return EXIT_DONE
    from workbench.actions.releasing.publishing import targets_of  # heavy for a preview

    targets = targets_of(session, environment, publish)
    asks = context.may_ask() and not yes and not context.as_json
    if asks and not context.agree(f"{line}. Roll back?"):
        raise UsageError("not rolled back")
    done = deploying.rollback(
        session, prompt_id, environment, to=to, reason=reason, expect=seen.expect
    )
    stale = f" (its evidence is {seen.status.state.value})" if done.stale else ""
    lines = [f"rolled back: {line}{stale}"]
    return answer_published(context, session, done, targets, deployment_json(done), lines)
