"""Every screen of prompts, drafts and deployments at three sizes, as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import App

from tests.support.screens import settled, until_shown
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=6)]

SIZES = ((80, 24), (120, 40), (200, 60))
Compare = Callable[[App[object], str], None]


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize(
    ("name", "key", "shown"),
    [
        ("prompts", "f2", "not registered|= 1.0.1"),
        ("draft", "f3", "a call"),
        ("deploys", "f9", "first release"),
    ],
)
async def test_a_screen_looks_as_it_did(
    workspace: Workspace, snapshot: Compare, size: tuple[int, int], name: str, key: str, shown: str
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press(key)
        await until_shown(pilot, shown.split("|")[-1])
        await settled(pilot)
        snapshot(app, f"{name}-{size[0]}x{size[1]}")


@pytest.mark.parametrize(
    ("name", "keys", "shown"),
    [
        ("dialog-help", ["f1"], "type to filter"),
        ("dialog-jump", ["ctrl+o"], "│a prompt"),
        ("dialog-run", ["f5"], "calls"),
        ("dialog-deploy", ["enter", "down", "D"], "passed support_triage"),
    ],
)
async def test_a_dialog_fits_80_by_24(
    workspace: Workspace, snapshot: Compare, name: str, keys: list[str], shown: str
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for key in keys:
            await pilot.press(key)
            await settled(pilot)
        await until_shown(pilot, shown)
        await settled(pilot)
        snapshot(app, name)


@pytest.mark.parametrize(
    ("name", "key", "shown"),
    [
        ("dialog-rollback", "R", "history is kept"),
        ("dialog-retire", "X", "nothing is"),
        ("dialog-revoke", "V", "keeps the version"),
    ],
)
async def test_a_dialog_about_what_is_live_fits_80_by_24(
    workspace: Workspace, snapshot: Compare, name: str, key: str, shown: str
) -> None:
    with Session(workspace) as session:
        deploy(session, "support_triage", "1.0.1", "production", reason="better")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "R rolls production back to 1.0.0")
        await pilot.press(key)
        await until_shown(pilot, shown)
        await settled(pilot)
        snapshot(app, name)


async def test_an_empty_workspace_says_what_fills_it(fresh: Workspace, snapshot: Compare) -> None:
    (fresh.root / "prompts" / "support_triage.prompty").unlink()
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "Begin with:")
        await settled(pilot)
        snapshot(app, "prompts-empty")
        await pilot.press("f9")
        await until_shown(pilot, "nothing is registered")
        await settled(pilot)
        snapshot(app, "deploys-empty")
