"""The list of tries: read, compared, starred, made into cases, taken back into the editor."""

from __future__ import annotations

import pytest

from tests.support.screens import until, until_shown
from tests.tui.conftest import PROMPT
from tests.tui.draft.test_trying import editing
from workbench.actions.running.tries import tries_of
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.dialogs.case_form import CaseForm
from workbench.tui.draft.tries_dialog import Tries
from workbench.tui.widgets.controls import Tick
from workbench.tui.widgets.value_area import ValueArea
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


async def test_two_tries_are_compared_one_is_starred_and_made_a_case(fresh: Workspace) -> None:
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        editor = await editing(app, pilot)
        await until_shown(pilot, "expected (not sent)")
        before = editor.text
        await pilot.press("ctrl+t")
        await until_shown(pilot, "t-000 · ok")
        editor.insert("Mind this. ")
        await pilot.press("ctrl+t")
        with Session(fresh) as session:
            await until(pilot, lambda: len(tries_of(session).rows(PROMPT)) == 2)
        await until_shown(pilot, "t-000 · ok")
        await pilot.press("ctrl+r")
        await until_shown(pilot, "Tries of support_triage", "mock/gpt-x-mini · ok")
        await pilot.press("c")
        await until_shown(pilot, "try 1 (mock/gpt-x-mini) → try 2", "Mind this.")
        await pilot.press("escape", "asterisk")
        with Session(fresh) as session:
            await until(pilot, lambda: tries_of(session).rows(starred=True))
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        app.screen.query_one("#expected-value", ValueArea).load_text("something else")
        tick = app.screen.query_one(Tick)
        tick.focus()
        await pilot.press("space")
        answer = app.screen.query_one("#expected-value", ValueArea)
        await until(pilot, lambda: answer.text != "something else")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, Tries))
        with Session(fresh) as session:
            await until(pilot, lambda: any(row.became for row in tries_of(session).rows()))
            assert "tried" in session.workspace.suite(PROMPT).dataset.cases[-1].tags
        # The first one's text comes back as one edit.
        await pilot.press("j", "e")
        await until(pilot, lambda: editor.text == before)
