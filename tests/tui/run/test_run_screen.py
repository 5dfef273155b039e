"""The run screen: live, stored, stopped, resumed."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.screens import cells, screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT, triage, write_workspace
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.runs.spec.values import RunSpec, RunStatus
from workbench.tui.app import WorkbenchApp
from workbench.tui.run.screen import RunScreen
from workbench.tui.table.case_rows import ResultRow
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


def spec_of(workspace: Workspace, split: str = "all") -> RunSpec:
    with Session(workspace) as session:
        return make_spec(resolve(session, PROMPT), workspace.suite_for(PROMPT), split=split)


def run_screen(app: WorkbenchApp) -> RunScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, RunScreen)
    return screen


async def on_run_screen(pilot: Pilot[object]) -> RunScreen:
    await pilot.pause()
    await pilot.press("3")
    await settled(pilot)
    assert isinstance(pilot.app, WorkbenchApp)
    return run_screen(pilot.app)


async def test_without_runs_it_says_what_makes_one(fresh: Workspace) -> None:
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_run_screen(pilot)
        shown = await until_shown(pilot, "No runs yet.")
        assert "F5 runs the draft" in shown


async def test_stored_runs_are_listed_and_opened(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_run_screen(pilot)
        assert len(screen.runs_table.model) == 2
        await pilot.press("enter")
        shown = await until_shown(pilot, "60/60", "complete")
        assert f"{PROMPT} 1.0.1 on {PROMPT} (gate)" in shown
        assert "error 0" in shown
        await pilot.press("escape")
        await until_shown(pilot, "all 2")


async def test_failures_come_first_and_say_what_was_wanted(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_run_screen(pilot)
        await pilot.press("j", "enter")
        await until_shown(pilot, "FAIL")
        row = screen.table.cursor_row
        assert isinstance(row, ResultRow)
        assert row.status == "FAIL"
        await pilot.press("enter")
        shown = await until_shown(pilot, "expected", "request")
        assert "Answer with one queue name only." in shown
        assert "exact_match  0.00" in shown
        await pilot.press("]")
        await pilot.pause()
        assert screen.table.cursor_index == 1
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is screen


async def test_named_sets_and_typed_filters_work_together(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await on_run_screen(pilot)
        await pilot.press("j", "enter")
        await until_shown(pilot, "FAIL")
        await pilot.press("f", "f")
        await pilot.pause()
        failures = len(screen.table.model)
        assert 0 < failures < 60
        await pilot.press("slash", *"re:5$|0$")
        await until(pilot, lambda: screen.table.model.wanted.text == "re:5$|0$")
        assert "failures: " in screen_text(app)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: len(screen.table.model) == 60)


async def test_the_charts_show_latencies_scores_and_labels(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 50)) as pilot:
        await on_run_screen(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "60/60")
        await pilot.press("t")
        shown = await until_shown(pilot, "latency of 60 calls", "expected against answered")
        assert "60 of 60 right" in shown
        await pilot.press("escape")


async def test_remarks_on_the_figures_are_shown_at_80_columns(
    fresh: Workspace,
) -> None:
    def turncoat(messages: list[dict[str, str]], options: dict[str, object]) -> Reply:
        text = triage(messages, options)
        number = int(re.findall(r"\d+", str(messages[-1]["content"]))[0])
        return Reply(text, model="gpt-x-mini" if number % 2 else "gpt-x-nano")

    with OpenAIServer(turncoat, model="gpt-x-mini") as server:
        settings = fresh.root / "workbench.toml"
        settings.write_text(
            re.sub('base_url = "[^"]*"', f'base_url = "{server.base_url}"', settings.read_text())
        )
        workspace = open_workspace(fresh.root)
        with Session(workspace) as session:
            start(session, spec_of(workspace, "dev")).wait(60)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_run_screen(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "note: mixed: 2 models answered")
        await pilot.press("t")
        shown = await until_shown(pilot, "latency of 20 calls")
        assert "gpt-x-nano" in shown


async def test_faulty_answers_can_be_filtered(tmp_path: Path) -> None:
    def spoiling(messages: list[dict[str, str]], options: dict[str, object]) -> Reply:
        number = int(re.findall(r"\d+", str(messages[-1]["content"]))[0])
        if number == 3:
            return Reply("bill", finish_reason="length")
        if number == 4:
            message = {"role": "assistant", "content": None, "refusal": "no"}
            return Reply(message=message)
        return Reply(triage(messages, options))

    with OpenAIServer(spoiling, model="gpt-x-mini") as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        with Session(workspace) as session:
            start(session, spec_of(workspace, "dev")).wait(60)
        app = WorkbenchApp(workspace)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await on_run_screen(pilot)
            await pilot.press("enter")
            await until_shown(pilot, "faults 2", "CUT", "REFUSED")
            await pilot.press("f", "f", "f")
            await until_shown(pilot, "faults: 2 of 20")
            assert cells(screen.table, "case") == [("t-003",), ("t-004",)]


async def test_why_a_run_ended_early_is_shown_at_80_columns(fresh: Workspace) -> None:
    with Session(fresh) as session:
        live = start(session, spec_of(fresh))
        live.stop()
        reason = live.wait(60).reason
    assert reason
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_run_screen(pilot)
        await pilot.press("enter")
        await until_shown(pilot, "INCOMPLETE", reason)


async def test_a_live_run_fills_its_table_and_ends(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_run_screen(pilot)
        app.runs.start(spec_of(workspace), "triage")
        await until(pilot, lambda: screen.page is not None and not app.runs.is_alive)
        await until_shown(pilot, "80/80", "complete")
        assert len(screen.table.model) == 80
        assert set(cells(screen.table, "status")) == {("pass",)}


async def test_while_it_runs_there_is_no_interval_and_stopping_keeps_what_is_done(
    tmp_path: Path,
) -> None:
    go_on = threading.Event()

    def halting(messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        number = int(re.findall(r"\d+", str(messages[-1]["content"]))[0])
        if number >= 20:
            go_on.wait(120)
        return "billing"

    with OpenAIServer(halting) as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        app = WorkbenchApp(workspace)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await on_run_screen(pilot)
            app.runs.start(spec_of(workspace), "triage")
            shown = await until_shown(pilot, "20/80", "RUNNING", "safe to quit", "8 in flight")
            assert not re.search(r"score \d\.\d+ \[", shown)
            await pilot.press("x")
            await until_shown(pilot, "STOPPING")
            go_on.set()
            await until_shown(pilot, "INCOMPLETE")
            done = sum(row.result is not None for row in screen._rows().values())
            assert 20 <= done < 80
            await until(pilot, lambda: screen.check_action("resume", ()))
            await pilot.press("r")
            await until_shown(pilot, "80/80", "complete")
            assert server.calls == 80


async def test_a_run_goes_on_while_another_screen_is_shown(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_run_screen(pilot)
        await pilot.press("f9")
        app.runs.start(spec_of(workspace), "triage")
        await until(pilot, lambda: app.selection.run_id and not app.runs.is_alive)
        await pilot.press("3")
        await until_shown(pilot, "80/80", "complete")


async def test_a_run_that_ended_while_another_screen_was_shown_is_shown_as_it_ended(
    tmp_path: Path,
) -> None:
    go_on = threading.Event()

    def halting(_messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        go_on.wait(120)
        return "billing"

    with OpenAIServer(halting) as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        app = WorkbenchApp(workspace)
        async with app.run_test(size=(80, 24)) as pilot:
            screen = await on_run_screen(pilot)
            app.runs.start(spec_of(workspace), "triage")
            await until_shown(pilot, "RUNNING", "8 in flight")
            await pilot.press("f9")
            go_on.set()
            await until(pilot, lambda: not app.runs.is_alive)
            await settled(pilot)
            await pilot.press("3")
            await until_shown(pilot, "80/80", "complete")
            assert all(row.result for row in screen._rows().values())
            # What is known is not read again with each return.
            page = screen.page
            await pilot.press("f9", "3")
            await settled(pilot)
            assert screen.page is page


async def test_a_run_that_another_part_drains_is_read_from_the_store(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_run_screen(pilot)
        with Session(workspace) as session:
            live = start(session, spec_of(workspace))
            app.runs.follow(live, "an evaluation", drains=False)
            live.wait(120)
        await until_shown(pilot, "80/80", "complete")
        assert all(row.result for row in screen._rows().values())
        assert screen.page is not None
        assert screen.page.summary.status is RunStatus.COMPLETE


async def test_a_run_is_compared_with_what_is_live(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await on_run_screen(pilot)
        run_id = screen.runs_table.cursor_key
        await pilot.press("c")
        await until(pilot, lambda: app.selection.compare_b == run_id)
        assert app.selection.compare_a == f"{PROMPT}@1.0.0"
