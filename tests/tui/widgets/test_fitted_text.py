"""A pane that says more where it has the screen to itself."""

from __future__ import annotations

import json

import pytest

from tests.support.screens import until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.anyio


async def test_a_zoomed_pane_shows_the_inputs_of_the_case_in_full(workspace: Workspace) -> None:
    path = workspace.root / "evals" / PROMPT / "cases.jsonl"
    first, rest = path.read_text().split("\n", 1)
    long = "Ticket 0: " + "a question about billing " * 8 + "that ends here"
    path.write_text(json.dumps(json.loads(first) | {"inputs": {"ticket": long}}) + "\n" + rest)
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f3")
        await until_shown(pilot, "Inputs · case t-000", "…")
        facts = app.screen.query_one("#facts")
        facts.focus()
        await pilot.pause()
        assert "ends here" not in facts.raw
        app.action_zoom()
        await until_shown(pilot, "that ends")
        assert "ends here" in facts.raw
        app.action_zoom()
        await until_shown(pilot, "Preview (rendered)")
        assert "ends here" not in facts.raw
