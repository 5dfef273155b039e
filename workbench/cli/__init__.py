"""The commands: thin, each calls the packages below and prints what they answer."""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """The `workbench` command."""
    from workbench.cli.edge import run

    sys.exit(run(sys.argv[1:]))
