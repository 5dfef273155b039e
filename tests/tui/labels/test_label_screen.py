"""Labelling in the screens: one key an answer, from Run and from Datasets."""

from __future__ import annotations

import pytest

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.session import Session
from workbench.runs.labels.store import HumanLabels, current
from workbench.tui.app import WorkbenchApp
from workbench.tui.labels.label_screen import LabelScreen
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


def stored(workspace: Workspace) -> list[tuple[str, str]]:
    with Session(workspace) as session:
        records = current(HumanLabels(session.store.database).records(PROMPT))
    return [(one.label, one.note) for one in records]


async def test_answers_are_labelled_from_the_datasets_screen(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6")
        await until_shown(pilot, "Cases of support_triage")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, LabelScreen))
        shown = await until_shown(pilot, "0 of ", "p pass", "answer:")
        for word in ("1.0.0", "1.0.1", "gpt-x-mini", "exact_match"):
            assert word not in shown
        await pilot.press("p")
        await until_shown(pilot, "1 of ")
        await pilot.press("n", "o", "d", "d", "enter")
        await until_shown(pilot, "your note:", "odd")
        await pilot.press("f")
        await until_shown(pilot, "2 of ")
        assert stored(workspace) == [("pass", ""), ("fail", "odd")]
        await pilot.press("u")
        await until_shown(pilot, "1 of ", "odd")  # the answer that was taken back is shown again
        await pilot.press("s")
        await until_shown(pilot, "1 skipped")
        await pilot.press("4")  # no such label: nothing happens, and no other screen comes
        await settled(pilot)
        assert isinstance(app.screen, LabelScreen)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, LabelScreen))
    assert stored(workspace) == [("pass", "")]


async def test_the_answers_of_one_run_are_labelled_from_its_screen(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("3")
        await until_shown(pilot, "enter opens a run")
        await pilot.press("L")
        await until(pilot, lambda: isinstance(app.screen, LabelScreen))
        with Session(workspace) as session:
            newest = session.store.summaries(limit=1)[0]
        await until_shown(pilot, f"0 of {newest.cases} labelled")
        assert "your note" not in screen_text(app)
