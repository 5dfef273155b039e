"""`python -m workbench.tui [DIR]`: the terminal without the command line around it."""

from __future__ import annotations

import sys
from pathlib import Path

from workbench.tui import run
from workbench.workspace import find_workspace

raise SystemExit(run(find_workspace(Path(sys.argv[1] if len(sys.argv) > 1 else "."))))
