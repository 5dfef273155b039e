"""Hidden columns are hidden the next time too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.screens import cells, screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.columns import pair_columns
from workbench.tui.context.column_choices import FILE, ColumnChoices
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.column_table import ColumnTable
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


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
async def test_a_damaged_file_hides_nothing(workspace: Workspace, text: str) -> None:
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


async def pairs_table(pilot: Pilot[Any]) -> ColumnTable:
    await until_shown(pilot, "= 1.0.1")
    pilot.app.open_compare(f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
    await until_shown(pilot, "fixed 3")
    await settled(pilot)
    return pilot.app.screen.query_one("#pair-list", ColumnTable)


async def test_columns_of_a_comparison_are_hidden_fitted_and_remembered(
    workspace: Workspace,
) -> None:
    first = WorkbenchApp(workspace)
    async with first.run_test(size=(120, 40)) as pilot:
        table = await pairs_table(pilot)
        await pilot.press(*"lllll", "underscore")
        assert table.columns.widths == {"what": len("how-to → account")}
        await pilot.press("h", "minus")
        assert "rated" in table.columns.hidden
        assert "rated" not in screen_text(first).splitlines()[6]
    again = WorkbenchApp(workspace)
    async with again.run_test(size=(120, 40)) as pilot:
        table = await pairs_table(pilot)
        assert "rated" in table.columns.hidden
        assert "rated" not in screen_text(again).splitlines()[6]


async def test_a_column_that_was_asked_for_stays_when_other_sides_come(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(160, 45)) as pilot:
        table = await pairs_table(pilot)
        await pilot.press("plus")
        await until_shown(pilot, "space ticks")
        await until_shown(pilot, "[x] Δ", "[ ] expected")
        await pilot.press("j", "j", "space", "j", "j", "j", "enter")
        await until_shown(pilot, "[ ] Δ", "[x] expected")
        await pilot.press("y")
        await until(pilot, lambda: "expected" not in table.columns.hidden)
        assert "delta" in table.columns.hidden
        await pilot.press("S")
        await until_shown(pilot, "broke 3")
        await settled(pilot)
        assert table.columns.hidden >= {"delta", "tags"}
        table.replace_columns(pair_columns(1))
        assert "expected" not in table.columns.hidden
        assert [column.key for column in table.columns.shown][-1] == "expected"


async def test_the_dialog_of_columns_shows_its_keys(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 40)) as pilot:
        await runs_table(pilot)
        await pilot.press("plus")
        await until_shown(pilot, "space ticks")
        await pilot.press("question_mark")
        await until_shown(pilot, "y ^s         Confirm")
        rows = cells(app.screen.query_one("#help", CaseTable), "label", "keys")
        told = dict(rows)
        assert told["Tick"] == "space enter"
        # `y` confirms here.
        assert told["Copy"] == ""
        assert not {"Open", "Quick view"} & set(told)


async def test_one_column_at_least_is_shown(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        table = await runs_table(pilot)
        before = set(table.columns.hidden)
        await pilot.press("plus")
        await until_shown(pilot, "space ticks")
        for _ in range(len(table.columns.columns)):
            if "[x]" in next(line for line in screen_text(app).splitlines() if "│ > " in line):
                await pilot.press("space")
            await pilot.press("j")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "one column at least")
        await pilot.press("escape")
        await settled(pilot)
        assert table.columns.hidden == before


def test_choices_of_one_table_leave_those_of_others(tmp_path: Path) -> None:
    choices = ColumnChoices(tmp_path / "state")
    assert choices.hidden("a") is None
    choices.choose("a", {"x"})
    choices.choose("b", set())
    again = ColumnChoices(tmp_path / "state")
    assert again.hidden("a") == {"x"}
    assert again.hidden("b") == set()
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
