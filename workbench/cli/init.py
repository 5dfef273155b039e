"""`workbench init`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command


@command(
    "init",
    example="workbench init my-prompts --sample support_triage",
)
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default=Path())
@click.option("--sample", metavar="NAME", help="Start from a sample suite, e.g. support_triage.")
def init_command(context: CommandContext, folder: Path, sample: str | None) -> None:
    """Make a workspace in DIR, empty or from a sample suite.

    DIR must be empty or not there yet; nothing is ever overwritten.
    """
    from workbench.actions.workspace.filesystems import network_warning
    from workbench.actions.workspace.init import create_workspace

    workspace = create_workspace(context.folder / folder, sample)
    warning = network_warning(workspace.root)
    if warning:
        context.note(f"warning: {warning}")
    drafts = [str(path.relative_to(workspace.root)) for path in workspace.draft_paths()]
    suites = [str(path.relative_to(workspace.root)) for path in workspace.suite_paths()]
    context.answer(
        {"workspace": str(workspace.root), "drafts": drafts, "suites": suites},
        [
            f"made a workspace in {workspace.root}",
            *(f"  draft  {draft}" for draft in drafts),
            *(f"  suite  {suite}" for suite in suites),
            _next(drafts, suites),
        ],
    )


def _next(drafts: list[str], suites: list[str]) -> str:
    """What can be done with what was made."""
    if suites:
        return f"next: workbench (screens), or workbench run {Path(suites[0]).parent.name}"
    name = Path(drafts[0]).stem if drafts else "NAME"
    return f"next: workbench (screens), or workbench try {name} --input text=Hello"
