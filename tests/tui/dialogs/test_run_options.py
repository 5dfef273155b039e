"""The dialog of a run: controls instead of words to type, and several models."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.support.screens import until, until_shown
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.controls import Choice, Tick
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


async def test_two_models_are_run_one_after_the_other(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    with Session(workspace) as session:
        before = len(session.store.summaries())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f5")
        await until_shown(pilot, "no cache", "< dev  20 cases >  1 of 3", "answers to each case")
        split, tick = app.screen.query_one("#split", Choice), app.screen.query_one(Tick)
        split.focus()
        await pilot.press("right")
        await until_shown(pilot, "< gate  60 cases >  2 of 3", "wears them out")
        await pilot.press("left", "enter", *"5x", "tab")
        assert app.screen.query_one("#limit", Input).value == "5"
        tick.focus()
        await pilot.press("space")
        assert tick.value
        app.screen.query_one("#models").focus()
        await pilot.press(*"gpt-x-mini,gpt-z")
        await until_shown(pilot, "10 calls")
        app.screen.query_one("#yes").focus()
        await pilot.press("enter")
        last = "support_triage (draft on gpt-z): complete"
        await until(pilot, lambda: last in app.message_log)
    with Session(workspace) as session:
        made = session.store.summaries()[: -before or None]
    assert [(run.model, run.scored) for run in made] == [("gpt-z", 5), ("gpt-x-mini", 5)]
