"""`python -m workbench.tui [DIR]`: the terminal without the command line around it."""

# ruff: noqa: E402
from __future__ import annotations

from workbench import _leave_current_folder_out

_leave_current_folder_out()

import sys
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.present.safe_text import safe_line
from workbench.tui import run
from workbench.workspace import find_workspace

try:
    workspace = find_workspace(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
except WorkbenchError as error:
    raise SystemExit(f"workbench: {safe_line(str(error))}") from None
raise SystemExit(run(workspace))
