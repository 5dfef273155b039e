"""`workbench approve`, `revoke`."""

from __future__ import annotations

import click

from workbench.cli.face import Face, command, split_ref


@command("approve", example='workbench approve support_triage@1.2.0 production --reason "read it"')
@click.argument("ref", metavar="PROMPT@VERSION")
@click.argument("environment")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
def approve_command(face: Face, ref: str, environment: str, reason: str) -> None:
    """Say yes to a version for ENVIRONMENT, where its rules want a second person."""
    prompt_id, version = split_ref(ref)
    bench = face.bench()
    bench.sync(prompt_id, environment)
    bench.registry.approve(prompt_id, version, environment, bench.author, reason=reason)
    values = {
        "prompt_id": prompt_id,
        "version": version,
        "environment": environment,
        "approved_by": bench.author,
    }
    face.answer(values, [f"{ref} approved for {environment} by {bench.author}"])


@command("revoke", example='workbench revoke support_triage@1.1.0 --reason "leaks addresses"')
@click.argument("ref", metavar="PROMPT@VERSION")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the log and for readers.")
def revoke_command(face: Face, ref: str, reason: str) -> None:
    """Never let a version go live again, by a deployment or by a rollback."""
    prompt_id, version = split_ref(ref)
    from workbench.actions.revoke import revoke

    live = revoke(face.bench(), prompt_id, version, reason)
    for environment in live:
        face.note(f"warning: it is still live in {environment}: roll back, or deploy another")
    values = {
        "prompt_id": prompt_id,
        "version": version,
        "reason": reason,
        "still_live_in": list(live),
    }
    face.answer(values, [f"{ref} is revoked"])
