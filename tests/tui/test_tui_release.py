"""From a draft to a deployment and back, by keys alone."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.support.openai_server import OpenAIServer
from tests.support.screens import (
    pick_version,
    screen_text,
    settled,
    until,
    until_it_takes_keys,
    until_shown,
)
from tests.tui.conftest import CAREFUL_DRAFT, write_workspace
from workbench.actions.refs import resolve
from workbench.actions.releasing.deploy import deploy
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.errors import WorkbenchError
from workbench.tui.app import WorkbenchApp
from workbench.tui.widgets.controls import Choice
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]
SMALL = (80, 24)


async def test_the_whole_release_by_keys(fresh: Workspace) -> None:
    """Register, gate, deploy; a better version, gate, deploy; roll back. At 80x24."""
    draft = fresh.root / "prompts" / "support_triage.prompty"
    app = WorkbenchApp(fresh)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "not registered")
        await pilot.press("e")
        await until_shown(pilot, "registers 1.0.0")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "the first version")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "a version needs a description")
        await pilot.press(*"plain", "ctrl+s")
        await until_shown(pilot, "registered support_triage@1.0.0")

        await pilot.press("f2")
        await until_shown(pilot, "= 1.0.0")
        await pilot.press("enter", "down")
        await until_shown(pilot, "has no evidence")
        await pilot.press("v")
        await until_shown(pilot, "Evaluate support_triage@1.0.0", "60 calls", "attempt")
        await pilot.press("y")
        await until_shown(pilot, "PASS · support_triage@1.0.0", "at least the threshold")
        await until_it_takes_keys(pilot)
        await pilot.press("D")
        await until_shown(pilot, "production: nothing → 1.0.0", "tested 0.850")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "support_triage@1.0.0 is live in production")

        draft.write_text(CAREFUL_DRAFT)
        await pilot.press("f3")
        await until_shown(pilot, "exactly one")
        await until_shown(pilot, "registers as 1.0.1")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "1.0.1 is the least that fits", "wording changed")
        await pilot.press(*"exact", "ctrl+s")
        await until_shown(pilot, "registered support_triage@1.0.1")
        await pilot.press("f2")
        await until_shown(pilot, "= 1.0.1")
        await pick_version(pilot, "1.0.1")
        await pilot.press("v")
        await until_shown(pilot, "Evaluate support_triage@1.0.1", "against 1.0.0")
        await pilot.press("y")
        await until_shown(pilot, "PASS BETTER", "1.0.1 better than 1.0.0")
        await until_it_takes_keys(pilot)
        await pilot.press("D")
        await until_shown(pilot, "production: 1.0.0 → 1.0.1")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "support_triage@1.0.1 is live in production (before: 1.0.0)")

        await pilot.press("f9")
        await until_shown(pilot, "R rolls production back to 1.0.0")
        await pilot.press("R")
        await until_shown(pilot, "1.0.1 → 1.0.0", "history is kept")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "production is back on support_triage@1.0.0", "ROLLBACK")
    with Session(fresh) as session:
        assert session.registry.get_active("support_triage").version == "1.0.0"
        actions = [
            entry.action for entry in session.registry.history("support_triage", "production")
        ]
        assert actions == ["rollback", "deploy", "deploy"]


async def test_enter_and_escape_never_deploy(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("D")
        await until_shown(pilot, "production: 1.0.0 → 1.0.1")
        await pilot.press("enter", "enter", "escape")
        await settled(pilot)
        assert "Deploy support" not in screen_text(app)
    with Session(workspace) as session:
        assert session.registry.get_active("support_triage").version == "1.0.0"


async def test_a_y_in_the_reason_is_a_letter(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("D")
        await until_shown(pilot, "production: 1.0.0 → 1.0.1")
        app.screen.query_one("#reason", Input).focus()
        await pilot.press(*"why not yet")
        assert app.screen.query_one("#reason", Input).value == "why not yet"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "is live in production")
    with Session(workspace) as session:
        assert session.registry.history("support_triage", "production")[0].reason == "why not yet"


async def test_an_untested_version_is_refused_with_what_is_missing(
    workspace: Workspace,
) -> None:
    draft = workspace.root / "prompts" / "support_triage.prompty"
    draft.write_text(CAREFUL_DRAFT.replace("exactly one", "exactly and only one"))
    with Session(workspace) as session:
        register(session, resolve(session, "support_triage"), description="untested")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.2")
        await pilot.press("enter", "down")
        await until_shown(pilot, "has no evidence")
        await pilot.press("D")
        await until_shown(pilot, "untested", "F5 runs the gate")
        app.screen.query_one("CaseTable").show_key("production")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! support_triage@1.0.2 cannot go to production")
    with Session(workspace) as session:
        assert session.registry.get_active("support_triage").version == "1.0.0"


async def test_somebody_elses_deploy_is_never_overwritten(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        with Session(workspace) as session:
            deploy(session, "support_triage", "1.0.1", "production")
        await pilot.press("f9")
        await until_shown(pilot, "R rolls production back to 1.0.0")
        await pilot.press("R")
        await until_shown(pilot, "1.0.1 → 1.0.0")
        with Session(workspace) as session:
            session.registry.rollback("support_triage", "production", "raj", reason="first")
            session.registry.deploy(
                "support_triage", "1.0.1", "production", "raj", again=True, reason="second"
            )
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! ", "raj")
    with Session(workspace) as session:
        assert session.registry.get_active("support_triage").version == "1.0.1"


async def test_a_lower_number_needs_a_reason(workspace: Workspace) -> None:
    draft = workspace.root / "prompts" / "support_triage.prompty"
    draft.write_text(CAREFUL_DRAFT.replace("gpt-x-mini", "gpt-x-maxi"))
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "not registered")
        await pilot.press("e")
        await until_shown(pilot, "registers as 1.1.0")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "minor change since 1.0.1", "another model")
        app.screen.query_one("#version", Choice).choose("1.0.2")
        await pilot.press(*"maxi", "ctrl+s")
        await until_shown(pilot, "1.0.2 is lower than 1.1.0")
        app.screen.query_one("#force-reason", Input).value = "nobody reads it"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "registered support_triage@1.0.2")


async def test_quitting_asks_while_a_run_is_alive_and_keeps_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    gate = threading.Event()

    def slow(messages: list[dict[str, str]], _options: dict[str, object]) -> str:
        if "Ticket 1" in messages[-1]["content"]:
            gate.wait(120)
        return "billing"

    with OpenAIServer(slow) as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        app = WorkbenchApp(workspace)
        async with app.run_test(size=SMALL) as pilot:
            await until_shown(pilot, "not registered")
            await pilot.press("f5")
            await until_shown(pilot, "20 calls")
            await pilot.press("ctrl+s")
            await until(pilot, lambda: app.runs.progress and app.runs.progress.done > 3)
            await pilot.press("ctrl+q")
            await until_shown(pilot, "A run is active")
            await pilot.press("escape")
            await settled(pilot)
            assert app.runs.is_alive
            await pilot.press("ctrl+q")
            await until_shown(pilot, "A run is active")
            await pilot.press("y")
            await until(pilot, lambda: not app.is_running)
        gate.set()
    with sqlite3.connect(workspace.runs_path) as runs:
        assert runs.execute("SELECT count(*) FROM results").fetchone()[0] > 3


async def test_a_problem_in_a_thread_is_shown_and_the_app_goes_on(workspace: Workspace) -> None:
    def fails(_bench: Session) -> None:
        raise WorkbenchError("it broke", hint="mend it")

    def disk(_bench: Session) -> None:
        raise OSError(28, "No space left on device")

    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.in_thread(fails)
        await until_shown(pilot, "! it broke (mend it)")
        app.in_thread(disk)
        await until_shown(pilot, "No space left on device")

        def is_a_bug(_bench: Session) -> None:
            raise KeyError("nobody thought of this")

        app.in_thread(is_a_bug)
        await until_shown(pilot, "a bug in workbench: KeyError")
        app.tell("good again")
        await until_shown(pilot, "good again")
        app.action_messages()
        await until_shown(pilot, "Messages, newest first", "a bug in workbench:")
        await pilot.press("G")
        await until_shown(pilot, "! it broke (mend it)")


async def test_a_newer_read_makes_an_older_one_unwanted(workspace: Workspace) -> None:
    first = threading.Event()
    got: list[str] = []

    def slow(_bench: Session) -> str:
        first.wait(120)
        return "old"

    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.in_thread(slow, done=got.append, group="test")
        app.in_thread(lambda _bench: "new", done=got.append, group="test")
        await until(pilot, lambda: got == ["new"])
        first.set()
        await settled(pilot)
        assert got == ["new"]


async def test_a_dialog_that_was_closed_meanwhile_is_no_problem(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("D")
        await until_shown(pilot, "production: 1.0.0 → 1.0.1")
        await pilot.press("ctrl+s", "escape")
        await until_shown(pilot, "support_triage@1.0.1 is live in production")


async def test_what_is_live_is_retired_after_asking(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        await pilot.press("X")
        await until_shown(pilot, "Retire support_triage in production")
        app.screen.query_one("#reason", Input).value = "the product is gone"
        await pilot.press("ctrl+s")
        await until_shown(pilot, "RETIRE", "the product is gone")
    with Session(workspace) as session:
        assert session.registry.live("support_triage") == []


async def test_links_are_shown_and_not_opened(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.open_url("https://example.com/x")
        await until_shown(pilot, "not opened: https://example.com/x")
    assert opened == []


async def test_a_second_person_approves_and_only_then_it_goes_live(workspace: Workspace) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text() + "\n[environments.production]\napprovals = 1\n")
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=SMALL) as pilot:
        await pick_version(pilot, "1.0.1")
        await pilot.press("D")
        await until_shown(pilot, "production: 1.0.0 → 1.0.1")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "! ", "approv")
    toml.write_text(toml.read_text().replace('author = "ana"', 'author = "raj"'))
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        await pilot.press("a")
        await until_shown(pilot, "may go to production, says raj")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "approved support_triage@1.0.1 for production")
    toml.write_text(toml.read_text().replace('author = "raj"', 'author = "ana"'))
    with Session(open_workspace(workspace.root)) as session:
        deploy(session, "support_triage", "1.0.1", "production")
        assert session.registry.get_active("support_triage").version == "1.0.1"


async def test_no_size_of_the_terminal_is_too_small(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for mode in ("f2", "f3", "f9"):
            await pilot.press(mode)
            for size in ((1, 1), (5, 3), (300, 4), (20, 90), (80, 24)):
                await pilot.resize_terminal(*size)
        await until_shown(pilot, "first release")
        await pilot.press("D")
        await until_shown(pilot, "Deploy support_triage")
        for size in ((1, 1), (30, 8), (80, 24)):
            await pilot.resize_terminal(*size)
        await until_shown(pilot, "Deploy support_triage")
