"""The tabs on top: all six modes, and what gives way where the row is short."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.screens import screen_text, settled, until, until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.chrome import MODES, ModeTabs
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=2)]


def first_line(app: WorkbenchApp) -> str:
    return screen_text(app).splitlines()[0]


async def test_every_mode_has_a_tab_at_80_columns_and_the_workspace_its_name(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        assert set(MODES) == set(app.MODES)
        line = first_line(app)
        assert line.startswith("[1 Prompts] 2 Draft  3 Run  4 Compare  5 Deploys  6 Datasets ")
        assert line.endswith(" shop")
        await pilot.press("6")
        await until(pilot, lambda: " 5 Deploys [6 Datasets]" in first_line(app))


async def test_a_long_name_gives_way_to_the_tabs(fresh: Workspace) -> None:
    long = Path(fresh.root).rename(fresh.root.parent / "a-workspace-with-quite-a-long-name")
    app = WorkbenchApp(open_workspace(long))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "not registered")
        assert "6 Datasets a-workspace-with-…" in first_line(app)
        await pilot.resize_terminal(64, 24)
        await until(pilot, lambda: first_line(app).endswith("6 Datasets"))


async def test_a_narrow_terminal_keeps_the_numbers_of_all_modes(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(40, 24)) as pilot:
        await until(pilot, lambda: "[1 Prompts] 2  3  4  5  6 " in first_line(app))
        await pilot.press("4")
        await until(pilot, lambda: " 1  2  3 [4 Compare] 5  6 " in first_line(app))


@pytest.mark.parametrize("width", [30, 80])
async def test_a_click_on_a_tab_opens_its_mode(workspace: Workspace, width: int) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(width, 24)) as pilot:
        await until(pilot, lambda: "[1 Prompts]" in first_line(app))
        await settled(pilot)
        for mode, number in (("datasets", "6"), ("deploys", "5"), ("prompts", "1")):
            await pilot.click(ModeTabs, offset=(first_line(app).index(number), 0))
            await until(pilot, lambda mode=mode: app.current_mode == mode)
            await until(pilot, lambda mode=mode: f"{mode.capitalize()}]" in first_line(app))


async def test_an_error_can_be_read_and_goes_when_there_is_news(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a busy machine the real time is over before the keys are.
    monkeypatch.setattr("workbench.tui.widgets.chrome.MESSAGE_S", 3600.0)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        app.tell("it broke", error=True)
        await until_shown(pilot, "! it broke")
        await pilot.press("3", "1")
        await until_shown(pilot, "! it broke")
        monkeypatch.setattr("workbench.tui.widgets.chrome.MESSAGE_S", 0.0)
        await pilot.press("j", "k")
        await until_shown(pilot, "! it broke")
        await pilot.press("3", "1")
        await until(pilot, lambda: "it broke" not in screen_text(app))
        assert "! it broke" in app.message_log
