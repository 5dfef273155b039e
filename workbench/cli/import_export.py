"""`workbench export`, `workbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command, folder_of
from workbench.errors import UsageError


def _targets(ctx: click.Context) -> list[tuple[str, str]]:
    """For the help: what TARGET may be, in the workspace that it is asked in."""
    from workbench.actions.releasing.import_export import target_lines
    from workbench.workspace import find_workspace

    try:
        workspace = find_workspace(folder_of(ctx.obj))
    except UsageError:
        workspace = None
    return target_lines(workspace)


@command(
    "export",
    example="workbench export json support_triage@production --output live.json",
    more=("Targets", _targets),
)
@click.argument("target", metavar="TARGET")
@click.argument("ref", metavar="[PROMPT@VERSION]", required=False)
@click.option("--output", "-o", "path", type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--environment", default="production", show_default=True, help="Where it must be approved."
)
def export_command(
    context: CommandContext, target: str, ref: str | None, path: Path | None, environment: str
) -> None:
    """Send versions to where others read them.

    TARGET is one of those below: a kind, or a [targets.NAME] table of workbench.toml. What the
    target cannot hold is said.
    """
    from workbench.actions.releasing.import_export import export

    done = export(context.session(), target, ref, path, environment)
    for warning in done.warnings:
        context.note(f"warning: {warning}")
    for loss in done.losses:
        context.note(f"lost: {loss}")
    sent = done.sent
    values = {
        "target": target,
        "place": sent.place,
        "path": str(sent.path) if sent.path else None,
        "bytes": sent.path.stat().st_size if sent.path else None,
        "lost": [{"what": loss.what, "instead": loss.instead} for loss in done.losses],
        "warnings": list(done.warnings),
    }
    context.answer(values, [f"wrote {sent.path}" if sent.path else f"sent to {sent.place}"])


@command("import", example="workbench import greeting.prompty --as hello")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Another prompt id.")
@click.option("--format", "kind", metavar="FORMAT", default="", help="Of the file: json, prompty.")
def import_command(context: CommandContext, path: Path, name: str | None, kind: str) -> None:
    """Make a draft of each prompt in FILE. No draft is overwritten.

    FILE is a .prompty file, a JSON export, or of the format of a plug-in.
    """
    from workbench.actions.releasing.import_export import import_drafts

    made, imported = import_drafts(context.workspace(), path, name, kind)
    for loss in imported.losses:
        context.note(f"lost: {loss}")
    values = {
        "draft": str(made[0]),
        "drafts": [str(draft) for draft in made],
        "lost": [{"what": loss.what, "instead": loss.instead} for loss in imported.losses],
    }
    context.answer(values, [f"made the draft {draft}" for draft in made])
