"""`workbench register`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command


@command(
    "register",
    example='workbench register support_triage --description "examples for returns"',
)
@click.argument("ref", metavar="PROMPT")
@click.option("--version", metavar="X.Y.Z", help="Default: what the change asks for.")
@click.option("--description", "-d", required=True, metavar="TEXT", help="What changed, and why.")
@click.option(
    "--force", "force_reason", metavar="REASON", default="", help="Allow a lower number, and why."
)
def register_command(
    context: CommandContext, ref: str, version: str | None, description: str, force_reason: str
) -> None:
    """Make an immutable version of a draft.

    The contract proposes the number: an input that is gone or newly required is major, a new
    optional one or another model is minor, wording is a patch. It is compared with the newest
    release; after candidates (2.0.0-rc.2) their release is proposed, and --version takes further
    candidates, or a patch of an older line.
    """
    from workbench.actions.refs import resolve
    from workbench.actions.releasing.register import propose, register

    session = context.session()
    source = resolve(session, ref)
    proposal = propose(session, source, version)
    for warning in proposal.warnings:
        context.note(f"warning: {warning}")
    registered = register(
        session, source, description=description, version=version, force_reason=force_reason
    )
    prompt_id, _, number = registered.partition("@")
    values = {
        "registered": registered,
        "prompt_id": prompt_id,
        "version": number,
        "previous": proposal.previous,
        "proposed": proposal.version,
        "bump": proposal.bump.name.lower(),
        "changes": [change.reason for change in proposal.changes],
        "warnings": list(proposal.warnings),
        "fingerprint": source.prompt.fingerprint,
    }
    reasons = "; ".join(change.reason for change in proposal.changes[:3]) or "nothing changed"
    since = f" (after {proposal.previous}: {reasons})" if proposal.previous else ""
    context.answer(values, [f"registered {registered}{since}"])
