"""`workbench audit`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.param_types import Moment
from workbench.errors import EXIT_DONE, EXIT_REFUSED, UsageError


@command("audit", example="workbench audit support_triage production --at 2026-11-27T14:03Z")
@click.argument("prompt_id", metavar="PROMPT")
@click.argument("environment", default="production")
@click.option("--from", "since", type=Moment(), help="Default: the beginning.")
@click.option("--to", "until", type=Moment(), help="Default: now.")
@click.option("--at", type=Moment(), help="What was live at one moment.")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Write a page: .md, .html or .json.",
)
def audit_command(
    context: CommandContext,
    prompt_id: str,
    environment: str,
    since: datetime | None,
    until: datetime | None,
    at: datetime | None,
    output: Path | None,
) -> int:
    """Say what was live, on which evidence, by whom, and why.

    Each record has its hash; the registry is verified on the way. Exit code 5 when it does not
    hold.
    """
    from workbench.files import write_atomically
    from workbench.lineage.audit import BEGINNING, audit_of
    from workbench.present.pages.audit_page import audit_html, audit_lines, audit_markdown
    from workbench.times import utc_text

    if at and (since or until):
        raise UsageError("--at is one moment, and --from and --to are a span", hint="leave one out")
    start = at or since
    begin = utc_text(start, "microseconds") if start else BEGINNING
    end = utc_text(at or until or datetime.now(UTC), "microseconds")
    if begin > end:
        raise UsageError(f"it ends at {end}, before it begins at {begin}", hint="--from A --to B")
    audit = audit_of(context.registry(), prompt_id, environment, begin, end)
    code = EXIT_REFUSED if audit.problems else EXIT_DONE
    if output is None:
        context.answer(audit.content(), audit_lines(audit))
        return code
    match output.suffix:
        case ".md":
            page = audit_markdown(audit)
        case ".html":
            page = audit_html(audit)
        case ".json":
            page = json.dumps(audit.content(), indent=2) + "\n"
        case other:
            raise UsageError(f"no page of the kind {other!r}", hint=".md, .html or .json")
    write_atomically(output, page)
    context.answer(audit.content(), [f"wrote {output}"])
    return code
