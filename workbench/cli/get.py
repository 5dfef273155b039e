"""`workbench get`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.context import CommandContext, command

if TYPE_CHECKING:
    from datetime import datetime


@command("get", example="workbench get support_triage production --json")
@click.argument("prompt_id", metavar="PROMPT")
@click.argument("environment", default="production")
@click.option("--at", metavar="TIME", help="What was live then, e.g. 2026-03-01T12:00Z.")
@click.option("--requires", metavar="RANGE", help="Refuse other versions, e.g. '>=1.2,<2'.")
def get_command(
    context: CommandContext, prompt_id: str, environment: str, at: str | None, requires: str | None
) -> None:
    """Print the live version of PROMPT in ENVIRONMENT (production by default).

    PROMPT@VERSION prints that version, live or not.
    """
    from workbench.prompts.flat import flattened

    registry = context.registry()
    name, _, version = prompt_id.partition("@")
    if version:
        shown = registry.get_version(name, version)
        deployment = None
        environment = ""
    else:
        moment = _moment(at) if at else None
        shown = registry.require_active(name, environment, at=moment, requires=requires)
        live = [item for item in registry.live(name) if item.environment == environment]
        deployment = live[0] if live and not at else None
    prompt = shown.prompt
    values = {
        "prompt_id": shown.prompt_id,
        "version": shown.version,
        "environment": environment or None,
        "content": shown.content,
        "messages": [{"role": m.role, "content": m.content} for m in flattened(prompt).messages],
        "model": shown.model,
        "inputs": [item.name for item in prompt.inputs],
        "fingerprint": shown.fingerprint,
        "description": shown.description,
        "author": shown.author,
        "created_at": shown.created_at,
        "deployed_at": deployment.deployed_at if deployment else None,
        "deployed_by": deployment.deployed_by if deployment else None,
        "loosened_by": deployment.loosened_by if deployment else None,
        "revoked": shown.revoked,
        "source": shown.source,
        "age": shown.age,
    }
    where = f" live in {environment}" if environment else ""
    since = f" since {deployment.deployed_at} by {deployment.deployed_by}" if deployment else ""
    context.note(f"{shown.ref}{where}{since}")
    if deployment and deployment.loosened_by:
        context.note(
            f"note: loosened rules allowed it (record {deployment.loosened_by} of the log)"
        )
    if shown.revoked:
        context.note("warning: this version is revoked")
    context.answer(values, [shown.content])


def _moment(text: str) -> datetime:
    from datetime import UTC, datetime

    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time: write 2026-03-01T12:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
