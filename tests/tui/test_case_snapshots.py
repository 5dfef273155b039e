"""Runs, comparisons and datasets at three sizes and without colour, as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.support.screens import settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.session import Session
from workbench.runs.spec.values import RunSummary
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.screen import CompareScreen
from workbench.tui.run.screen import RunScreen
from workbench.tui.widgets.diff_view import DiffView
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]

SIZES = ((80, 24), (120, 40), (200, 60))
Snapshot = Callable[[App[object], str], None]


def gate_runs(workspace: Workspace) -> list[RunSummary]:
    """The two runs of the evaluations, older first."""
    with Session(workspace) as session:
        return list(reversed(session.store.summaries(PROMPT)))


async def compared(pilot: Pilot[object], workspace: Workspace) -> CompareScreen:
    app = pilot.app
    assert isinstance(app, WorkbenchApp)
    first, second = gate_runs(workspace)
    await until_shown(pilot, "= 1.0.1")
    app.open_compare(first.run_id, second.run_id)
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparing)
    await settled(pilot)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_the_list_of_runs_looks_as_it_did(
    workspace: Workspace, snapshot: Snapshot, size: tuple[int, int]
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("3")
        await until_shown(pilot, "all 2")
        await settled(pilot)
        snapshot(app, f"runs-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_run_looks_as_it_did(
    workspace: Workspace,
    snapshot: Snapshot,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Times differ from run to run.
    monkeypatch.setattr("workbench.tui.run.screen.sparkline", lambda _values: "")
    monkeypatch.setattr("workbench.present.numbers.clock", lambda _seconds: "0:01")
    monkeypatch.setattr("workbench.present.numbers.seconds", lambda _seconds: "fast")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.select(run_id=gate_runs(workspace)[0].run_id)
        await pilot.press("3")
        await until_shown(pilot, "FAIL")
        screen = app.screen
        assert isinstance(screen, RunScreen)
        screen.table.set_columns({"ms", *screen.table.columns.hidden})
        await settled(pilot)
        snapshot(app, f"run-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_datasets_look_as_they_did(
    workspace: Workspace, snapshot: Snapshot, size: tuple[int, int]
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("6")
        await until_shown(pilot, "80 cases")
        await settled(pilot)
        snapshot(app, f"datasets-{size[0]}x{size[1]}")


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
async def test_a_comparison_looks_as_it_did(
    workspace: Workspace,
    snapshot: Snapshot,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Latencies differ from run to run.
    monkeypatch.setattr("workbench.tui.compare.queries.latency_of", lambda _results: 0.25)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        screen = await compared(pilot, workspace)
        assert screen.query_one("#outputs", DiffView).compared_rows.rows
        snapshot(app, f"compare-{size[0]}x{size[1]}")


async def test_empty_screens_say_what_fills_them(fresh: Workspace, snapshot: Snapshot) -> None:
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("3")
        await until_shown(pilot, "No runs yet.")
        await settled(pilot)
        snapshot(app, "runs-empty")
        await pilot.press("4")
        await until_shown(pilot, "Nothing is compared.")
        await settled(pilot)
        snapshot(app, "compare-empty")
        (fresh.root / "evals" / PROMPT / "suite.yaml").unlink()
        await pilot.press("6")
        await until_shown(pilot, "No suites yet.")
        await settled(pilot)
        snapshot(app, "datasets-empty")


async def test_without_colour_every_state_is_still_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await compared(pilot, workspace)
        shown = await until_shown(pilot, "▲", "[-how-to-]", "[all 60]", ">")
        assert "PASS" in shown or "FAIL" in shown or "NO DECISION" in shown
        strips = app.screen._compositor.render_strips()
        colours = {
            segment.style.color.name
            for strip in strips
            for segment in strip
            if segment.style and segment.style.color and not segment.style.color.is_default
        }
        assert not {name for name in colours if name.startswith("#")}
