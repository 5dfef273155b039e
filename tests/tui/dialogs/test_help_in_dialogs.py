"""F1 inside dialogs: their own keys first, and back again with everything as it was."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.screens import cells, screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.tui.base.dialog import Dialog
from workbench.tui.dialogs.deploy import Deploy
from workbench.tui.dialogs.help import Help
from workbench.tui.dialogs.run_options import RunOptions
from workbench.tui.dialogs.simple import Reading
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.case_detail import CaseScreen
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


async def run_options(pilot: Pilot[Any]) -> RunOptions:
    """The dialog of a run, `7` typed as the number of cases."""
    await until_shown(pilot, "= 1.0.1")
    await pilot.press("f5")
    await until_shown(pilot, "no cache")
    dialog = pilot.app.screen
    assert isinstance(dialog, RunOptions)
    dialog.query_one("#limit", Input).focus()
    await pilot.press("7")
    await until_shown(pilot, " 7 calls")
    await settled(pilot)
    return dialog


def listed(app: WorkbenchApp) -> list[tuple[str, str, str]]:
    """(key, label, where) of the rows of the help, in the order of the screen."""
    rows = cells(app.screen.query_one("#help", CaseTable), "keys", "label", "section")
    return [(key, label, section) for key, label, section in rows]


async def test_the_keys_of_the_dialog_come_first(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await run_options(pilot)
        await pilot.press("f1")
        await until_shown(pilot, "type to filter")
        rows = listed(app)
        assert rows[0] == ("esc", "Cancel", "This dialog")
        # `y` is text where there are fields.
        assert rows[1] == ("^s", "Confirm", "This dialog")
        wheres = [where for _, _, where in rows]
        assert wheres == sorted(wheres, key=["This dialog", "Here", "Everywhere"].index)
        labels = {label for _, label, _ in rows}
        assert {"Quit", "Cmd"} <= labels
        assert not {"Deploys", "Zoom", "Edit"} & labels


async def test_escape_goes_back_to_the_dialog_with_what_was_typed(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await run_options(pilot)
        before = screen_text(app)
        for leave in ("escape", "f1"):
            await pilot.press("f1")
            await until(pilot, lambda: isinstance(app.screen, Help))
            await pilot.press(*"canc", leave)
            await until(pilot, lambda: app.screen is dialog)
            await settled(pilot)
            assert screen_text(app) == before
            assert app.focused is dialog.query_one("#limit")
            assert dialog.query_one("#limit", Input).value == "7"


async def test_a_question_mark_is_text_in_a_field_and_help_on_a_button(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await run_options(pilot)
        dialog.query_one("#models").focus()
        await pilot.press("question_mark")
        assert dialog.query_one("#models", Input).value == "?"
        dialog.query_one("#yes").focus()
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert ("^s", "Confirm", "This dialog") in listed(app)


async def test_enter_runs_what_is_picked_in_the_dialog(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await run_options(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await pilot.press(*"cancel", "enter")
        await until(pilot, lambda: app.screen is app.screen_stack[0])
        assert app.current_mode == "prompts"


async def test_enter_in_the_help_confirms_nothing(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("enter", "down")
        await until(pilot, lambda: app.selection.version == "1.0.1")
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, Deploy))
        dialog = app.screen
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await pilot.press(*"confirm", "enter")
        await until_shown(pilot, "only in the dialog itself")
        assert isinstance(app.screen, Help)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is dialog)


async def test_a_case_that_is_read_has_help_too(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("3")
        await until_shown(pilot, "all 2")
        await pilot.press("enter")
        await until_shown(pilot, "errors first")
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        shown = screen_text(app)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, Help))
        assert ("]", "Next case", "This dialog") in listed(app)
        await pilot.press(*"next case", "enter")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        await until(pilot, lambda: screen_text(app) != shown)


async def test_a_dialog_that_closes_by_itself_takes_the_help_over_it_along(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        answers: list[None] = []
        dialog: Dialog[None] = Reading("A text", PROMPT)
        app.push_screen(dialog, answers.append)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, Help))
        dialog.dismiss(None)
        await until(pilot, lambda: len(app.screen_stack) == 1)
        assert answers == [None]


async def test_a_moved_help_key_works_inside_dialogs(workspace: Workspace) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text() + '\n[keys]\n"app.help" = "ctrl+y"\n')
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await run_options(pilot)
        await pilot.press("f1")
        await pilot.pause()
        assert app.screen is dialog
        await pilot.press("ctrl+y")
        await until(pilot, lambda: isinstance(app.screen, Help))
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.screen is dialog)
