"""The terminal: screens, thin, each calls the packages below."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from workbench.workspace import Workspace


def run(workspace: Workspace) -> int:
    """Open the workbench in this workspace; the exit code. Blocks until it is quit."""
    import os

    from workbench.lazy_imports import uncollected
    from workbench.tui.terminal.terminal_colour import asked
    from workbench.tui.terminal.theme_choice import chosen

    with asked(chosen(workspace.state) or workspace.settings.theme, os.environ) as answer:
        with uncollected():
            from workbench.tui.app import main_loop
        terminal = answer()
    return main_loop(workspace, terminal)
