"""Revoking a version by keys: what is said before, what is kept, and what it shuts."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from tests.support.screens import pick_version, screen_text, settled, until, until_shown
from workbench.actions.releasing.deploy import deploy, rollback
from workbench.actions.session import Session
from workbench.errors import GateRefused
from workbench.tui.app import WorkbenchApp
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
SMALL = (80, 24)
PROMPT = "support_triage"


async def test_a_version_that_is_live_is_revoked_with_a_reason_and_stays_live(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production", reason="better")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "R rolls production back to 1.0.0", "tested")
        await pilot.press("V")
        await until_shown(
            pilot,
            "Revoke support_triage@1.0.1",
            "! LIVE in production",
            "R there goes back to 1.0.0",
            "no deploy, rollback or override",
        )
        assert isinstance(app.focused, Input) and app.focused.id == "reason"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! it needs a reason")
        app.screen.query_one("#reason", Input).value = "leaks addresses"
        await pilot.press("ctrl+s")
        await until_shown(
            pilot, "is revoked, and still live in production", "REVOKED", "REVOKE", "leaks addres"
        )
    with Session(workspace) as session:
        live = session.registry.get_active(PROMPT)
        assert (live.version, live.revoked) == ("1.0.1", True)
        rollback(session, PROMPT, "production", reason="it leaks")
        with pytest.raises(GateRefused, match="leaks addresses"):
            deploy(
                session, PROMPT, "1.0.1", "production", override=True, again=True, reason="please"
            )


async def test_escape_and_enter_revoke_nothing(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        for keys in (["enter", "enter"], ["escape"]):
            await pilot.press("V")
            await until_shown(pilot, "Revoke support_triage@1.0.0", "nothing there to go back to")
            await pilot.press(*keys)
            await until(pilot, lambda: "for ever" not in screen_text(app))
    with Session(workspace) as session:
        assert not session.registry.get_version(PROMPT, "1.0.0").revoked


async def test_the_line_of_the_history_under_the_cursor_is_what_is_revoked(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production", reason="better")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "R rolls production back to 1.0.0")
        await settled(pilot)
        await pilot.press("tab", "down", "V")
        await until_shown(
            pilot,
            "Revoke support_triage@1.0.0",
            "live nowhere",
            "~ R in production would go back to it; then it passes it by",
        )
        app.screen.query_one("#reason", Input).value = "wrong queue names"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "it never goes live again", "REVOKE   1.0.0")


async def test_a_version_is_revoked_where_versions_are_listed(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("V")
        await until_shown(pilot, "Revoke support_triage@1.0.1", "live nowhere")
        app.screen.query_one("#reason", Input).value = "costs too much"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "REVOKED", "support_triage@1.0.1 is revoked: it never goes live")
        await pilot.press("V")
        await until_shown(pilot, "! support_triage@1.0.1 is revoked already")
        await pick_version(pilot, "1.0.0")
        await pilot.press("V")
        await until_shown(pilot, "! LIVE in production")
        app.screen.query_one("#reason", Input).value = "old names"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! REVOKED", "is revoked, and still live in production")


async def test_what_was_retired_is_brought_back_and_the_preview_says_so(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        await pilot.press("X")
        await until_shown(pilot, "default, and an error where they have none")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! it needs a reason, for the log")
        app.screen.query_one("#reason", Input).value = "by mistake"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "nothing of support_triage is live", "not live", "RETIRE")
        await until(pilot, lambda: "R Rollback" in screen_text(app).splitlines()[-1])
        await pilot.press("R")
        await until_shown(pilot, "nothing → 1.0.0", "1.0.0 was retired")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "production is back on support_triage@1.0.0")


async def test_an_anchor_that_cannot_be_written_is_reported_and_the_version_is_revoked(
    workspace: Workspace,
) -> None:
    (workspace.root / "registry.anchors").unlink(missing_ok=True)
    (workspace.root / "registry.anchors").mkdir()
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        await pilot.press("V")
        await until_shown(pilot, "Revoke support_triage@1.0.0")
        app.screen.query_one("#reason", Input).value = "leaks addresses"
        await pilot.press("ctrl+s")
        await until(
            pilot, lambda: any("did not take the anchor" in message for message in app.message_log)
        )
    with Session(workspace) as session:
        assert session.registry.get_version(PROMPT, "1.0.0").revoked
