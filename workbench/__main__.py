"""`python -m workbench` is the `workbench` command."""

# ruff: noqa: E402
from workbench import _leave_current_folder_out

_leave_current_folder_out()

from workbench.cli.main import main

if __name__ == "__main__":
    main()
