"""`workbench approve`, `revoke`."""

from __future__ import annotations

import click

from workbench.actions.releasing.rules import sync
from workbench.cli.context import CommandContext, command, split_ref


@command("approve", example='workbench approve support_triage@1.2.0 production --reason "read it"')
@click.argument("ref", metavar="PROMPT@VERSION")
@click.argument("environment")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
def approve_command(context: CommandContext, ref: str, environment: str, reason: str) -> None:
    """Say yes to a version for ENVIRONMENT, where its rules want a second person."""
    prompt_id, version = split_ref(ref)
    session = context.session()
    sync(session, prompt_id, environment)
    session.registry.approve(prompt_id, version, environment, session.author, reason=reason)
    values = {
        "prompt_id": prompt_id,
        "version": version,
        "environment": environment,
        "approved_by": session.author,
    }
    context.answer(values, [f"{ref} approved for {environment} by {session.author}"])


@command("revoke", example='workbench revoke support_triage@1.1.0 --reason "leaks addresses"')
@click.argument("ref", metavar="PROMPT@VERSION")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the log and for readers.")
def revoke_command(context: CommandContext, ref: str, reason: str) -> None:
    """Never let a version go live again, by a deployment or by a rollback."""
    prompt_id, version = split_ref(ref)
    from workbench.actions.releasing.revoke import revoke

    live = revoke(context.session(), prompt_id, version, reason)
    for environment in live:
        context.note(f"warning: it is still live in {environment}: roll back, or deploy another")
    values = {
        "prompt_id": prompt_id,
        "version": version,
        "reason": reason,
        "still_live_in": list(live),
    }
    context.answer(values, [f"{ref} is revoked"])
