"""`workbench demo`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE

SAMPLE = "support_triage"
FOLDER = "workbench-demo"


@command("demo", example="workbench demo --plain")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--plain", is_flag=True, help="Walk through in text, also on a terminal.")
def demo_command(context: CommandContext, folder: Path | None, plain: bool) -> int:
    """Show the main job on a real language model, without a key or a network service.

    On a terminal it opens the screens in a sample workspace, with a tour of the steps. Elsewhere,
    or with --plain, it walks through all of it in text: every command that it prints is run, every
    figure is real.
    """
    from workbench.actions.tour import begin_tour
    from workbench.actions.workspace.init import create_workspace
    from workbench.providers.embedded.model_files import find_weights
    from workbench.settings import FILE_NAME

    find_weights()
    walks = plain or context.as_json or not (sys.stdin.isatty() and sys.stdout.isatty())
    root = context.folder / (folder or (_free() if walks else Path(FOLDER)))
    if walks:
        return _walk(context, root)
    if not (root / FILE_NAME).exists():
        begin_tour(create_workspace(root, SAMPLE).state, SAMPLE)
    from workbench.cli.app import open_tui

    return open_tui(root)


def _walk(context: CommandContext, root: Path) -> int:
    import contextlib

    from workbench.cli.demo_walk import Walk

    # The commands' output is narration here; with --json it must not mix with the object.
    narration = sys.stderr if context.as_json else sys.stdout
    with contextlib.redirect_stdout(narration):
        steps = Walk(root, SAMPLE).all()
    wrong = [step.command for step in steps if not step.as_expected]
    values = {
        "workspace": str(root),
        "ok": not wrong,
        "steps": [{"command": step.command, "exit_code": step.exit_code} for step in steps],
    }
    lines = [f"unexpected: {line}" for line in wrong]
    context.answer(values, [*lines, "", f"look around: workbench --workspace {root}"])
    return EXIT_INCOMPLETE if wrong else EXIT_DONE


def _free() -> Path:
    """A new folder for the demo, kept for inspection afterwards."""
    import tempfile

    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}-"))
