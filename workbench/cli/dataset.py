"""`workbench dataset`: commands about cases."""

from __future__ import annotations

import click

from workbench.cli.forget import forget_command


@click.group("dataset")
def dataset_command() -> None:
    """Look after the cases of a suite."""


dataset_command.add_command(forget_command)
