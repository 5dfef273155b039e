"""`workbench blame`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command


@command("blame", example="workbench blame support_triage@1.2.0")
@click.argument("ref", metavar="PROMPT[@VERSION]")
def blame_command(context: CommandContext, ref: str) -> None:
    """Which version brought each line of a prompt, by whom, why."""
    from workbench.present.tables import lay_out

    prompt_id, _, version = ref.partition("@")
    blamed = context.registry().blame(prompt_id, version or None)
    rows = [
        (line.version, line.author, line.at[:10], line.description[:40], line.line)
        for line in blamed
    ]
    values = {
        "prompt_id": prompt_id,
        "lines": [
            {
                "line": line.line,
                "version": line.version,
                "author": line.author,
                "at": line.at,
                "description": line.description,
            }
            for line in blamed
        ],
    }
    context.answer(values, lay_out(("version", "author", "date", "why", "line"), rows))
