"""`workbench dataset`: commands about cases and their versions."""

from __future__ import annotations

import click

from workbench.cli import dataset_versions
from workbench.cli.forget import forget_command


@click.group("dataset")
def dataset_command() -> None:
    """Look after the cases of a suite and their versions."""


for _command in (*dataset_versions.COMMANDS, forget_command):
    dataset_command.add_command(_command)
