"""Where keys go on the Draft screen: into the prompt, or not; and the screen says which."""

from __future__ import annotations

import pytest

from tests.support.screens import pick_version, screen_text, settled, until, until_shown
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.prompts.queries import read_page
from workbench.tui.prompts.rows import version_rows
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


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
        await until_shown(pilot, "^s starts it")
        await pilot.press("escape")
        await until_shown(pilot, "EDITING")
        await pilot.press("0")
        assert "system:\n0" in app.screen.query_one(PromptEditor).text


async def test_an_older_version_becomes_the_draft_and_the_draft_is_kept(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    path = workspace.root / "prompts" / "support_triage.prompty"
    before = path.read_text()
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.0")
        await pilot.press("e")
        await until_shown(pilot, "The draft is not 1.0.0", "The draft is 1.0.1")
        await pilot.press("o")
        await until_shown(pilot, "EDITING", "exactly one of the queue names")
        await pilot.press("f2")
        await pick_version(pilot, "1.0.0")
        await pilot.press("e", "y")
        await until_shown(pilot, "EDITING", "same as 1.0.0 (production)")
        await until(
            pilot, lambda: any("the draft before: " in message for message in app.message_log)
        )
    (kept,) = (workspace.state / "drafts").iterdir()
    assert kept.read_text() == before


@pytest.mark.parametrize(
    ("others", "narrow"), [(["staging"], "PROD+stag"), (["staging", "development"], "PROD+2")]
)
def test_a_version_that_is_live_in_several_places_shows_that_in_a_narrow_list_too(
    workspace: Workspace, others: list[str], narrow: str
) -> None:
    with Session(workspace) as session:
        for place in others:
            deploy(session, "support_triage", "1.0.0", place)
        page = read_page(session, "support_triage")
    wide = version_rows(page)[-1].item.where
    assert sorted(wide.split()) == ["PRODUCTION", *sorted(others)]
    assert version_rows(page, short=True)[-1].item.where == narrow
