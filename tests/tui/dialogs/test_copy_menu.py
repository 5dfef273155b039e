"""`Y`: what of a row goes to the clipboard."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.support.screens import cells, screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.screen import CompareScreen
from workbench.tui.dialogs.copy_menu import CopyMenu
from workbench.tui.run.screen import RunScreen
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.copying import to_clipboard
from workbench.tui.widgets.case_detail import CaseScreen
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]

Snapshot = Callable[[App[object], str], None]


def offered(app: WorkbenchApp) -> dict[str, str]:
    """Name by key."""
    rows = cells(app.screen.query_one("#copies", CaseTable), "key", "what")
    return dict(rows)


async def compared(pilot: Pilot[Any]) -> CompareScreen:
    await until_shown(pilot, "= 1.0.1")
    pilot.app.open_compare(f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
    await until_shown(pilot, "fixed 3")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


async def one_run(pilot: Pilot[Any]) -> RunScreen:
    """The run of 1.0.0, its cursor on a failure."""
    await until_shown(pilot, "= 1.0.1")
    await pilot.press("3")
    await until_shown(pilot, "all 2")
    await pilot.press("G", "enter")
    await until_shown(pilot, "FAIL")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, RunScreen)
    return screen


async def copied(pilot: Pilot[Any], letter: str) -> str:
    """What the clipboard holds after `Y` and a letter."""
    pilot.app._clipboard = "nothing"
    await pilot.press("Y")
    await until(pilot, lambda: isinstance(pilot.app.screen, CopyMenu))
    await pilot.press(letter)
    await until(pilot, lambda: pilot.app.clipboard != "nothing")
    return str(pilot.app.clipboard)


async def test_a_row_of_a_run_offers_its_texts(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await one_run(pilot)
        shown = screen.table.cursor_row
        assert isinstance(shown, ResultRow)
        assert shown.case
        ticket = shown.case.inputs["ticket"]
        assert await copied(pilot, "i") == ticket
        await until_shown(pilot, f"copied {len(ticket)} characters: the input")
        assert await copied(pilot, "e") == shown.case.expected
        assert await copied(pilot, "o") == "how-to"
        assert await copied(pilot, "R") == screen._wanted
        assert await copied(pilot, "y") == shown.case_id
        row = json.loads(await copied(pilot, "r"))
        assert row["id"] == shown.case_id
        assert row["inputs"] == {"ticket": ticket}
        assert row["output"] == "how-to"
        assert row["scores"]["exact_match"]["value"] == 0.0


async def test_a_row_of_a_comparison_offers_both_sides_and_their_diff(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        assert screen.comparing
        runs = screen.comparing.compared
        assert await copied(pilot, "a") == "how-to"
        assert await copied(pilot, "b") == "billing"
        assert await copied(pilot, "A") == runs.a.summary.run_id
        assert await copied(pilot, "B") == runs.b.summary.run_id
        assert await copied(pilot, "u") == "--- A\n+++ B\n@@ -1,1 +1,1 @@\n-how-to\n+billing\n"
        row = json.loads(await copied(pilot, "r"))
        assert (row["id"], row["change"]) == ("t-000", "fixed")
        assert (row["a"][0]["output"], row["b"][0]["output"]) == ("how-to", "billing")


async def test_the_menu_lists_only_what_there_is(
    workspace: Workspace, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It holds latencies, which differ from run to run.
    monkeypatch.setattr("workbench.tui.table.row_copies.row_json", lambda *_: '{"id": "t-000"}')
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await pilot.press("Y")
        await until_shown(pilot, "one letter picks")
        await settled(pilot)
        assert list(offered(app)) == ["y", "r", "i", "e", "a", "b", "u", "A", "B"]
        await pilot.press("o", "C", "R")
        await pilot.pause()
        assert isinstance(app.screen, CopyMenu)
        assert not app.clipboard
        snapshot(app, "dialog-copy")  # type: ignore[arg-type]
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert not app.clipboard


async def test_enter_picks_the_row_under_the_cursor(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await pilot.press("Y")
        await until(pilot, lambda: isinstance(app.screen, CopyMenu))
        await settled(pilot)
        await pilot.press("j", "j", "enter")
        await until(pilot, lambda: app.clipboard == "Ticket 0: a question about billing")


async def test_a_case_that_is_read_offers_its_parts_and_says_what_was_copied(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await one_run(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, CaseScreen))
        assert await copied(pilot, "o") == "how-to"
        await until_shown(pilot, "copied 6 characters: the output")
        assert isinstance(app.screen, CaseScreen)
        await pilot.press("]")
        await until(pilot, lambda: "copied 6" not in screen_text(app))
        assert (await copied(pilot, "i")).startswith("Ticket ")
        assert "output" in await copied(pilot, "y")


async def test_lists_of_other_screens_offer_their_cells(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        assert await copied(pilot, "y") == PROMPT
        assert PROMPT in json.loads(await copied(pilot, "r")).values()


async def test_the_first_key_says_how_much_it_copied_too(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await pilot.press("l", "y")
        await until_shown(pilot, "copied 4 characters: a cell of t-000")


@pytest.mark.parametrize("text", ["\x1b]0;title\x07\x9b2J", "half \ud800 a pair", "日本語 ❤️"])
async def test_nothing_of_a_text_reaches_the_terminal_but_base64(
    workspace: Workspace, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        written: list[str] = []
        monkeypatch.setattr(app._driver, "write", written.append)
        assert app.focused
        to_clipboard(app.focused, text, text)
        sent = next(item for item in written if "]52;" in item)
        assert sent.startswith("\x1b]52;c;")
        assert sent.endswith("\a")
        payload = base64.b64decode(sent[len("\x1b]52;c;") : -1]).decode()
        assert payload == text.replace("\ud800", "?")
        await settled(pilot)
        assert "\x9b" not in screen_text(app)


async def test_a_letter_of_the_menu_can_be_moved(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    app.set_keymap({"copy.input": "q"})
    async with app.run_test(size=(80, 24)) as pilot:
        await one_run(pilot)
        assert (await copied(pilot, "q")).startswith("Ticket ")


async def test_where_there_is_nothing_to_copy_it_says_so(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await until_shown(pilot, "Nothing is compared.")
        await pilot.press("Y")
        await until_shown(pilot, "nothing here to copy")
        assert not isinstance(app.screen, CopyMenu)
