"""`workbench export`, `workbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command


@command("export", example="workbench export json support_triage@production --output live.json")
@click.argument("target", metavar="TARGET")
@click.argument("ref", metavar="[PROMPT@VERSION]", required=False)
@click.option("--output", "-o", "path", type=click.Path(path_type=Path), help="The file to write.")
@click.option(
    "--environment", default="production", show_default=True, help="Where JSON must be approved."
)
def export_command(
    context: CommandContext, target: str, ref: str | None, path: Path | None, environment: str
) -> None:
    """Write a file that others read. TARGET is sqlite, json or prompty.

    sqlite: the whole registry, read-only, for apps that may not write beside it. json: one
    approved version with its evidence. prompty: any prompt, as a draft elsewhere.
    """
    from workbench.actions.releasing.import_export import export, keys_exported

    session = context.session()
    written = export(session, target, ref, path, environment)
    warnings = list(keys_exported(session, target, ref))
    for warning in warnings:
        context.note(f"warning: {warning}")
    values = {
        "target": target,
        "path": str(written),
        "bytes": written.stat().st_size,
        "warnings": warnings,
    }
    context.answer(values, [f"wrote {written}"])


@command("import", example="workbench import greeting.prompty --as hello")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Another prompt id.")
def import_command(context: CommandContext, path: Path, name: str | None) -> None:
    """Make a draft of FILE, a .prompty file or a JSON export. No draft is overwritten."""
    from workbench.actions.releasing.import_export import import_draft

    made = import_draft(context.workspace(), path, name)
    context.answer({"draft": str(made)}, [f"made the draft {made}"])
