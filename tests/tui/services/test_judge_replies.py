"""A key in the details of a case shows what its judges replied, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.judges import judged_server, make_workspace, verdict
from tests.support.screens import settled, until, until_shown
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.services.judge_replies import NONE, Judged, read_replies

WHY = "it answers the question " * 30
"""Longer than what stands beside a score."""


def test_the_whole_reply_is_shown_and_its_absence_said(tmp_path: Path) -> None:
    with judged_server(judge=lambda _: verdict(True, WHY)) as server:
        workspace = make_workspace(tmp_path / "shop", server.base_url, ["one"])
        with Session(workspace) as session:
            spec = make_spec(resolve(session, "qa"), workspace.suite("qa"))
            run_id = start(session, spec).wait().run_id
            shown = read_replies(
                session, [Judged("A", run_id, "c0", 0), Judged("B", run_id, "none", 0)]
            ).plain
    assert f"A · judge helpful\nreason: {WHY.strip()}" in shown
    assert "verdict: pass" in shown
    assert f"B · judges\n{NONE}" in shown


@pytest.mark.anyio
@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [(80, 24)])
async def test_j_in_the_details_of_a_run_shows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    with judged_server(judge=lambda _: verdict(True, "because it is so")) as server:
        workspace = make_workspace(tmp_path / "shop", server.base_url, ["one"])
        with Session(workspace) as session:
            spec = make_spec(resolve(session, "qa"), workspace.suite("qa"))
            run_id = start(session, spec).wait().run_id
        app = WorkbenchApp(workspace)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.selection.prompt_id)
            app.select(run_id=run_id)
            await pilot.press("3")
            await until_shown(pilot, "c0")
            await settled(pilot)
            await pilot.press("enter")
            await until_shown(pilot, "J judges")
            await pilot.press("J")
            await until_shown(pilot, "Judges · c0", "judge helpful", "reason: because it is so")
