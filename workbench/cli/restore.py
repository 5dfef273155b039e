"""`workbench restore`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_REFUSED
from workbench.present import numbers


@command("restore", example="workbench restore prompts.db")
@click.argument("backup", metavar="FILE", type=click.Path(path_type=Path))
def restore_command(context: CommandContext, backup: Path) -> int:
    """Put FILE, made by `workbench export sqlite`, in the place of the registry.

    What was there is kept beside it, damaged or not. Copying a file over a registry does nothing
    as long as its write-ahead log is there; this does it through SQLite.
    """
    from workbench.registry import PromptRegistry
    from workbench.registry.storage.sqlite.opening import open_reader

    workspace = context.workspace()
    workspace.make_state()
    open_reader(
        str(backup)
    ).close()  # raises for a file that is not a registry, before anything is changed
    missing = not workspace.registry_path.exists()
    with PromptRegistry(workspace.registry_path, create=missing) as registry:
        registry.restore(backup)
        report = registry.verify()
    values = {
        "restored": str(backup),
        "ok": report.ok,
        "records": report.records,
        "head": report.head,
    }
    bad = report.first_bad
    verified = f"{bad.problem} (workbench verify)" if bad else "everything holds"
    records = numbers.plural(report.records, "record")
    context.answer(values, [f"restored {records}, head {report.head}: {verified}"])
    return EXIT_DONE if report.ok else EXIT_REFUSED
