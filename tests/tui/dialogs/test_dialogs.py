"""Dialogs: what they are about, what a key in them may do, and that they fit."""

from __future__ import annotations

import re
import time

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.openai_server import OpenAIServer
from tests.support.screens import (
    pick_version,
    screen_text,
    settled,
    type_at_once,
    until,
    until_it_takes_keys,
    until_shown,
)
from workbench.actions.refs import resolve
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.dialogs.changed_outside import ChangedOutside
from workbench.tui.dialogs.deploy import Deploy, open_deploy
from workbench.tui.dialogs.evaluate import Verdict
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


async def verdict(pilot: Pilot[int]) -> Verdict:
    """Evaluate 1.0.1 and wait for its verdict."""
    await pick_version(pilot, "1.0.1")
    await pilot.press("v")
    await until(pilot, lambda: isinstance(pilot.app.screen, Verdict))
    dialog = pilot.app.screen
    assert isinstance(dialog, Verdict)
    return dialog


async def test_f5_on_the_draft_runs_the_draft_whatever_version_was_picked(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("f3")
        editor = app.screen.query_one(PromptEditor)
        await until(pilot, lambda: editor.has_focus)
        await pilot.press(*"EDITED ", "f5")
        screen = await until_shown(pilot, "Run support_triage", "calls")
        assert "draft" in screen.split("^s starts it")[0].split("Run support_triage")[-1]
        assert not re.search("[0-9] known already", screen)


async def test_a_verdict_takes_no_key_that_was_meant_for_what_lay_under_it(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await verdict(pilot)
        assert not dialog.takes_keys
        await pilot.press(*"dummy")
        assert app.screen is dialog
        await until_it_takes_keys(pilot)
        await pilot.press("D")
        await until(pilot, lambda: isinstance(app.screen, Deploy))


async def test_a_verdict_is_a_notice_where_the_user_has_gone_on(
    fresh: Workspace, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Session(fresh) as session:
        register(session, resolve(session, "support_triage"), description="first")
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.0")
        monkeypatch.setattr(server, "delay_s", 0.2)
        await pilot.press("v")
        await until_shown(pilot, "Evaluate support_triage@1.0.0")
        await pilot.press("y")
        await until(pilot, lambda: app.runs.is_alive)
        app.action_go("draft")
        await until_shown(pilot, "PASS support_triage@1.0.0", "space on it shows why")
        await settled(pilot)
        assert len(app.screen_stack) == 1


async def test_a_version_that_did_not_pass_is_not_deployed_from_its_verdict(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    suite = workspace.root / "evals" / "support_triage" / "suite.yaml"
    suite.write_text(suite.read_text().replace("threshold: 0.60", "threshold: 0.99"))
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.0")
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, Verdict))
        dialog = app.screen
        await until_it_takes_keys(pilot)
        await pilot.press("D")
        await settled(pilot)
        assert app.screen is dialog


async def test_text_typed_on_never_chooses_which_draft_stays(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        dialog = ChangedOutside("mine", "theirs")
        app.push_screen(dialog)
        await until_shown(pilot, "m keeps yours")
        dialog._last_key = time.monotonic()  # however long the machine took to show it
        await type_at_once(pilot, "them")
        assert app.screen is dialog
        await until_it_takes_keys(pilot)
        await pilot.press("t")
        await until(pilot, lambda: app.screen is not dialog)


async def test_a_dialog_for_which_something_is_read_does_not_follow_to_another_screen(
    workspace: Workspace,
) -> None:
    from workbench.tui.base.dialog import open_with

    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")

        def read(_bench: Session) -> str:
            app.on_loop(lambda: app.action_go("deploys"))
            return "read"

        open_with(app, read, lambda _: ChangedOutside("a", "b"))
        await until_shown(pilot, "not asked: you had switched")
        assert len(app.screen_stack) == 1
        assert "m keeps yours" not in screen_text(app)


async def test_an_evaluation_says_first_what_it_will_ask_and_which_attempt_it_is(
    fresh: Workspace, server: OpenAIServer
) -> None:
    with Session(fresh) as session:
        register(session, resolve(session, "support_triage"), description="first")
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.0")
        calls = server.calls
        await pilot.press("v")
        await until_shown(pilot, "Evaluate support_triage@1.0.0", "60 calls", "attempt")
        assert "≈ $" in screen_text(app)
        await pilot.press("escape")
        await settled(pilot)
        assert (server.calls, app.runs.is_alive) == (calls, False)
        assert app.current_mode == "prompts"


async def test_a_field_is_selected_so_that_typing_takes_the_place_of_what_was_in_it(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f5")
        await until_shown(pilot, "calls")
        app.screen.query_one("#limit").focus()
        await pilot.press("tab", "2", "0")
        assert app.screen.query_one("#repeats", Input).value == "20"


async def test_an_expensive_run_starts_with_the_second_confirmation(
    workspace: Workspace, server: OpenAIServer
) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text().replace("[workspace]", "[workspace]\nconfirm_above = 0.00001"))
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f5")
        await until_shown(pilot, "20 calls", "more than $0.000010")
        calls = server.calls
        await pilot.press("ctrl+s", "ctrl+s")
        await until_shown(pilot, "once more starts it")
        await settled(pilot)
        assert (server.calls, app.current_mode) == (calls, "prompts")
        await until_it_takes_keys(pilot)
        await pilot.press("ctrl+s")
        await until_shown(pilot, "20/20", "complete")


async def test_a_yes_waits_for_what_the_run_will_take(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f5", "ctrl+s")
        await until_shown(pilot, "20/20", "complete")


STAGED = """
[environments.staging]

[environments.production]
from = "staging"
"""


def staged(workspace: Workspace) -> Workspace:
    """Production takes only what is live in staging."""
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text() + STAGED)
    return open_workspace(workspace.root)


async def test_deploy_starts_where_the_version_can_go_and_says_what_is_in_the_way(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(staged(workspace))
    async with app.run_test(size=(80, 24)) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("D")
        screen = await until_shown(pilot, "needs staging first", "staging: nothing → 1.0.1")
        assert "> staging" in screen
        await pilot.press("end")
        await until_shown(pilot, "deploy it there first")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "deploy it to staging first; or override")
        assert "^s Deploy" in screen_text(app)
        await pilot.press("up", "ctrl+s")
        await until_shown(pilot, "support_triage@1.0.1 is live in staging")


@pytest.mark.parametrize("size", [(60, 15), (80, 24)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_dialog_has_its_problem_and_its_buttons_in_sight(
    workspace: Workspace, size: tuple[int, int]
) -> None:
    app = WorkbenchApp(staged(workspace))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.selection.prompt_id)
        open_deploy(app, "support_triage", "1.0.1", "production")
        await until_shown(pilot, "^s Deploy", "esc Cancel")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "cannot go to production", "^s Deploy")
        app.screen.query_one("#reason").focus()
        await until_shown(pilot, "reason", "for the log", "^s Deploy")
        frame = app.screen.query_one("#dialog").region
        assert (frame.x >= 0, frame.right <= size[0], frame.bottom <= size[1]) == (True,) * 3
