"""Hidden columns are hidden the next time too."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.screens import settled, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.column_choices import FILE, ColumnChoices
from workbench.tui.widgets.column_table import ColumnTable
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


async def runs_table(pilot: Pilot[object]) -> ColumnTable:
    await pilot.press("3")
    await until_shown(pilot, "all 2")
    await settled(pilot)
    return pilot.app.screen.query_one("#run-list", ColumnTable)


async def test_a_hidden_column_stays_hidden_in_the_next_session(workspace: Workspace) -> None:
    first = WorkbenchApp(workspace)
    async with first.run_test(size=(120, 40)) as pilot:
        table = await runs_table(pilot)
        await pilot.press("l", "l", "minus")
        await pilot.pause()
        hidden = set(table.columns.hidden)
        assert hidden
    again = WorkbenchApp(workspace)
    async with again.run_test(size=(120, 40)) as pilot:
        table = await runs_table(pilot)
        assert table.columns.hidden == hidden
        assert table.chosen_by_hand


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"run-list": 3}', '{"run-list": [1, "no"]}'])
async def test_a_spoilt_file_hides_nothing(workspace: Workspace, text: str) -> None:
    (workspace.state / FILE).write_text(text)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        table = await runs_table(pilot)
        assert {"status", "score"} & {column.key for column in table.columns.shown}


async def test_all_columns_cannot_be_hidden_by_a_file(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        table = await runs_table(pilot)
        every = [column.key for column in table.columns.columns]
    ColumnChoices(workspace.state).choose("run-list", every)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        table = await runs_table(pilot)
        assert any(not column.frozen for column in table.columns.shown)


def test_choices_of_one_table_leave_those_of_others(tmp_path: Path) -> None:
    choices = ColumnChoices(tmp_path / "state")
    assert choices.hidden("a") is None
    choices.choose("a", {"x"})
    choices.choose("b", set())
    again = ColumnChoices(tmp_path / "state")
    assert again.hidden("a") == {"x"}
    assert again.hidden("b") == set()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
