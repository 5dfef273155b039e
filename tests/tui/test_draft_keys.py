"""Where keys go on the Draft screen: into the prompt, or not; and the screen says which."""

from __future__ import annotations

import pytest

from tests.support.screens import screen_text, settled, until, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.prompt_editor import PromptEditor
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


async def test_escape_leaves_the_editor_and_never_goes_back_into_it(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f3")
        await until_shown(pilot, "EDITING", "esc leaves the editor")
        await pilot.press("escape", "escape", "escape")
        await until_shown(pilot, "e or enter: Edit")
        assert "EDITING" not in screen_text(app)
        await pilot.press("e")
        await until_shown(pilot, "EDITING")
        await pilot.press("escape", "enter")
        await until_shown(pilot, "EDITING")


async def test_digits_go_on_from_screen_to_screen_and_never_into_the_prompt(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("2")
        await until_shown(pilot, "e or enter: Edit")
        text = app.screen.query_one(PromptEditor).text
        await pilot.press("0")
        await settled(pilot)
        assert app.screen.query_one(PromptEditor).text == text
        await pilot.press("5")
        await until(pilot, lambda: app.current_mode == "deploys")
        await pilot.press("f3")
        await until_shown(pilot, "EDITING")
        await pilot.press("f5")
        await until_shown(pilot, "y starts it")
        await pilot.press("escape")
        await until_shown(pilot, "EDITING")
        await pilot.press("0")
        assert "0system:" in app.screen.query_one(PromptEditor).text
