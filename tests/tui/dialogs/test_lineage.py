"""T shows what a version rests on."""

from __future__ import annotations

import pytest

from tests.support.screens import until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


async def test_t_shows_the_lineage_from_prompts_and_from_deploys(workspace: Workspace) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for screen in ("f2", "f9"):
            await pilot.press(screen)
            await until(pilot, lambda: app.selection.prompt_id)
            await pilot.press("T")
            await until_shown(pilot, f"Lineage of {PROMPT}@1.0.1", "rests on", "model ")
            await pilot.press("end")
            await until_shown(pilot, "is used by", "production")
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
