"""Comparing pairs in the screens: inputs are chosen, sides have no names, the verdict stands."""

from __future__ import annotations

import json

import pytest

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.compare.test_compare_screen import compared
from tests.tui.conftest import PROMPT
from workbench.actions.session import Session
from workbench.runs.labels.preferences import Preferences
from workbench.runs.labels.records import standing
from workbench.tui.app import WorkbenchApp
from workbench.tui.labels.prefer_screen import PreferScreen
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


async def test_two_versions_are_compared_on_a_log_from_compare(workspace: Workspace) -> None:
    rows = [{"ticket": f"Ticket {n}: a question about bug, ana{n}@example.com"} for n in range(20)]
    log = "".join(json.dumps(row) + "\n" for row in rows)
    (workspace.root / "log.jsonl").write_text(log)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await pilot.press("P")
        await until_shown(pilot, "logged inputs", "log.jsonl")
        await pilot.press(*"log.jsonl", "enter")
        await until(pilot, lambda: isinstance(app.screen, PreferScreen))
        shown = await until_shown(pilot, "0 of 4 pairs", "left:", "right:", "nothing is preferred")
        for word in ("1.0.0", "1.0.1", "gpt-x-mini"):
            assert word not in shown
        await pilot.press("left")
        await until_shown(pilot, "1 of 4 pairs")
        await pilot.press("t", "x")
        await until_shown(pilot, "3 of 4 pairs", "both bad 1")
        await pilot.press("u", "b")
        await until_shown(pilot, "3 of 4 pairs")
        await pilot.press("n", "a", "enter")
        await until_shown(pilot, "your note:")
        await pilot.press("a")
        await until_shown(pilot, "Nothing is left to compare.", "4 of 4 pairs")
        with Session(workspace) as session:
            preferences = Preferences(session.store.database)
            ((number, reading),) = preferences.sessions(PROMPT)
            actions = [one.action for one in standing(preferences.records(number))]
        assert (reading.a_label, reading.b_label) == (f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
        assert [a for a in actions if a not in "ab"] == ["tie", "note"]
        await pilot.press("escape")
        await settled(pilot)
        assert not isinstance(app.screen, PreferScreen)


async def test_pairs_stand_side_by_side_where_there_is_room(workspace: Workspace) -> None:
    (workspace.root / "log.jsonl").write_text('{"ticket": "Ticket 5: a question about bug"}\n')
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(140, 40)) as pilot:
        await compared(pilot)
        await pilot.press("P")
        await until_shown(pilot, "logged inputs")
        await pilot.press(*"log.jsonl", "enter")
        await until(pilot, lambda: isinstance(app.screen, PreferScreen))
        await until_shown(pilot, "0 of 1 pair")
        line = next(line for line in screen_text(app).splitlines() if "how-to" in line)
        assert "bug" in line
