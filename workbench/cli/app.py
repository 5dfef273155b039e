"""The group of all commands; each is imported on first use."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import click

from workbench.cli.context import folder_of
from workbench.errors import EXIT_DONE, NotFound, UsageError
from workbench.suggestions import did_you_mean

SECTIONS = {
    "Start": {"init": "init", "new": "new", "demo": "demo", "trust": "trust"},
    "Try": {
        "try": "trial",
        "tries": "tries",
        "run": "run",
        "runs": "runs",
        "estimate": "estimate",
        "compare": "compare",
        "prefer": "prefer",
        "diff": "diff",
        "bisect": "bisect",
        "report": "report",
        "scorers": "scorers",
        "judge": "judge",
        "label": "label",
        "suite": "suite",
        "rescore": "rescore",
        "snippets": "snippets",
    },
    "Release": {
        "draft": "draft",
        "lint": "lint",
        "register": "register",
        "evaluate": "evaluate",
        "rules": "rules",
        "approve": "approve",
        "deploy": "deploy",
        "rollback": "rollback",
        "retire": "deploy",
        "revoke": "approve",
    },
    "Read": {
        "get": "get",
        "log": "log",
        "blame": "blame",
        "lineage": "lineage",
        "audit": "audit",
        "reproduce": "reproduce",
        "canary": "reproduce",
        "verify": "verify",
    },
    "Move": {"export": "import_export", "drift": "drift", "import": "import_export"},
    "Look after": {
        "dataset": "dataset",
        "doctor": "doctor",
        "restore": "restore",
        "keys": "keys",
        "serve": "serve",
        "mcp": "mcp",
    },
}
"""Module of this package by command; the module defines NAME_command."""
MODULES = {name: module for section in SECTIONS.values() for name, module in section.items()}


class Commands(click.Group):
    """Finds commands by name, without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in MODULES:
            return None
        module = import_module(f"workbench.cli.{MODULES[cmd_name]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not name.startswith("-") and name not in MODULES:
            raise UsageError(f"no command {name!r}", hint=did_you_mean(name, MODULES))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in SECTIONS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name, command.get_short_help_str(80))
                        for name, command in commands
                        if command
                    ]
                )


def _print_version(ctx: click.Context, _option: click.Parameter, requested: bool) -> None:
    if not requested:
        return
    from workbench._version import __version__

    click.echo(f"workbench {__version__}")
    ctx.exit()


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done or the gate passes, 1 the gate fails or lint finds something, "
    "2 wrong usage or input, 3 no decision, 4 incomplete, 5 refused by the registry, "
    "130 interrupted.",
)
@click.option(
    "--workspace",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The workspace; without it the nearest folder upward with a workbench.toml.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def workbench(ctx: click.Context, workspace: Path | None) -> int:
    """Draft, evaluate, compare, release and roll back prompts.

    Without a command it opens the terminal interface in the nearest workspace.
    """
    ctx.obj = workspace
    if ctx.invoked_subcommand:
        return EXIT_DONE
    return open_tui(folder_of(workspace))


def open_tui(folder: Path) -> int:
    """Open the screens; in an empty folder, of a workspace that is made there if the user agrees.

    Raises UsageError without a terminal, NotFound without a workspace.
    """
    from workbench.workspace import find_workspace

    on_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    try:
        workspace = find_workspace(folder)
    except NotFound:
        if not (on_terminal and _makes_one(folder)):
            raise
        workspace = find_workspace(folder)
    if not on_terminal:
        raise UsageError(
            "the terminal interface needs a terminal, and here is none",
            hint="workbench --help lists the commands, which work everywhere",
        )
    # By name: commands must not depend on the screens, nor load them early.
    code: int = import_module("workbench.tui").run(workspace)
    return code


def _makes_one(folder: Path) -> bool:
    """Whether the user wanted a workspace in this empty folder, and it was made."""
    from workbench.actions.workspace.init import create_workspace, is_free
    from workbench.present.safe_text import safe_line

    place = safe_line(str(folder.resolve()))
    if not is_free(folder) or not click.confirm(
        f"There is no workspace in {place} or above. Make one here?", default=True
    ):
        return False
    create_workspace(folder, with_draft=False)
    return True
