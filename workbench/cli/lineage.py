"""`workbench lineage`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from workbench.cli.context import CommandContext, command


@command("lineage", example="workbench lineage support_triage@production")
@click.argument("ref", metavar="PROMPT[@VERSION|@ENVIRONMENT]")
@click.option("--html", type=click.Path(path_type=Path), help="Write it as a page with a picture.")
@click.option(
    "--openlineage",
    "events",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write OpenLineage events, one JSON object per line; - is stdout.",
)
@click.option("--namespace", default="prompt-workbench", show_default=True, help="Of the events.")
def lineage_command(
    context: CommandContext, ref: str, html: Path | None, events: Path | None, namespace: str
) -> None:
    """Show what a version rests on, and what rests on it.

    Its text, model, data, scorers, rules and evidence, with who and when; the environments, apps
    and evaluations that depend on it. Without a version: the newest one.
    """
    from workbench.actions.proving.lineage import lineage
    from workbench.files import write_atomically
    from workbench.lineage.openlineage import events_of
    from workbench.present.lineage_lines import lineage_lines
    from workbench.present.pages.lineage_page import lineage_page

    tree = lineage(context.session(), ref)
    written = []
    if html:
        write_atomically(html, lineage_page(tree))
        written.append(f"wrote {html}")
    if events:
        lines = "".join(f"{json.dumps(event)}\n" for event in events_of(tree, namespace))
        if str(events) == "-":
            context.data(lines.rstrip("\n"))
            return
        write_atomically(events, lines)
        written.append(f"wrote {events}")
    context.answer(tree.content(), written or lineage_lines(tree))
