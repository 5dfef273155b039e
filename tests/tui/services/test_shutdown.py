"""The program ends while a run is alive, and nothing that arrives late crashes it."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.screens import until, until_shown
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec
from workbench.tui.app import WorkbenchApp
from workbench.tui.context.messages import RegistryChanged, RunTicked
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio


class Hurried(WorkbenchApp):
    """Everything that can arrive late does, when the screens have just been closed."""

    late = False

    async def _close_all(self) -> None:
        await super()._close_all()
        assert not any(self._screen_stacks.values())
        self.is_ending = False  # each of these stands on its own feet
        self.tell("late")
        self.tell("late", error=True)
        self.show_run("run 1/2")
        self.post_to_screen(RegistryChanged())
        self.is_ending = True
        self.runs._tick()
        thread = threading.Thread(target=self.on_loop, args=(lambda: 1 / 0,))
        thread.start()
        thread.join()
        await asyncio.sleep(0)
        self._handle_exception(IndexError("an empty screen stack"))
        self.late = True


async def start_run(app: WorkbenchApp, workspace: Workspace) -> None:
    from workbench.actions.session import Session

    with Session(workspace) as session:
        source = resolve(session, "support_triage@draft")
        suite = session.workspace.suite_for("support_triage", None)
        spec = make_spec(source, suite, split="all", concurrency=4, fresh=True)
    app.runs.start(spec, "a live run")
    app.open_run()


@pytest.mark.exhaustive
async def test_what_arrives_when_the_screens_are_gone_does_no_harm(
    workspace: Workspace, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "delay_s", 0.25)
    app = Hurried(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await start_run(app, workspace)
        await until(pilot, lambda: app.runs.results)
        live = app.runs.live
        assert live is not None
    assert app.late
    assert app._exception is None
    live.abort()
    assert live.ends_within(20)


@pytest.mark.exhaustive
@pytest.mark.parametrize(("ending", "least"), [("asked", 7), ("closed", 7), ("signal", 0)])
async def test_a_run_that_ticks_while_the_program_ends_crashes_nothing(
    workspace: Workspace,
    server: OpenAIServer,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    least: int,
) -> None:
    monkeypatch.setattr(server, "delay_s", 0.25)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await start_run(app, workspace)
        await until(pilot, lambda: app.runs.live and len(app.runs.results) >= least)
        live = app.runs.live
        assert live is not None
        message = RunTicked(live.progress(), ())
        app.post_to_screen(message)
        if ending == "asked":
            await pilot.press("ctrl+q", "y")
        elif ending == "signal":
            app.end(143)
        app.post_to_screen(message)
        app.in_thread(lambda _bench: 1, done=lambda _: 1 / 0)
    assert app._exception is None
    assert not any("a bug in workbench" in message for message in app.message_log)
    live.abort()
    assert live.ends_within(20)


async def test_a_bug_is_reported_once_whatever_follows_it(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    with pytest.raises(ZeroDivisionError):
        async with app.run_test(size=(80, 24)) as pilot:
            await until_shown(pilot, "= 1.0.1")
            app._handle_exception(ZeroDivisionError("the first"))
            app._handle_exception(IndexError("what followed"))
            told = [str(text) for text in app._exit_renderables]
            assert len([text for text in told if "ran into a bug" in text]) == 1
