"""`r` on the compare screen: what is missing is run, and the comparison is fresh."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer, Reply
from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import CAREFUL_DRAFT, PROMPT, triage, write_workspace
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.run_missing import RunMissing
from workbench.tui.compare.screen import CompareScreen
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


@dataclass
class Shop:
    """A workspace whose provider fails for some tickets."""

    workspace: Workspace
    server: OpenAIServer
    failing: set[int]
    asked: list[int] = field(default_factory=list)

    def run(self, *, careful: bool, failing: set[int], limit: int | None = None) -> str:
        """A run of the draft on the split dev; its id."""
        draft = self.workspace.draft_path(PROMPT)
        assert draft
        if careful:
            draft.write_text(CAREFUL_DRAFT)
        self.failing.clear()
        self.failing.update(failing)
        with Session(self.workspace) as session:
            suite = session.workspace.suite_for(PROMPT)
            spec = make_spec(resolve(session, PROMPT), suite, limit=limit)
            run_id = start(session, spec).wait(120).run_id
        self.failing.clear()
        self.asked.clear()
        return run_id


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    failing: set[int] = set()
    asked: list[int] = []

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
        number = int(re.findall(r"\d+", messages[-1]["content"])[0])
        asked.append(number)
        return Reply("no", status=400) if number in failing else triage(messages, options)

    with OpenAIServer(script, model="gpt-x-mini") as server:
        workspace = write_workspace(tmp_path / "shop", server.base_url)
        yield Shop(workspace, server, failing, asked)


async def compared(pilot: Pilot[Any], a: str, b: str) -> CompareScreen:
    app = pilot.app
    await pilot.pause()
    app.open_compare(a, b)
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparing)
    await settled(pilot)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


async def test_failed_cases_are_asked_again_and_the_comparison_has_them(shop: Shop) -> None:
    a = shop.run(careful=False, failing={3, 7})
    b = shop.run(careful=True, failing={4})
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, a, b)
        shown = screen_text(app)
        assert "missing 3" in shown
        assert "r runs what is missing: A 2 B 1" in shown
        await pilot.press("r")
        shown = await until_shown(pilot, "Run what is missing", "3 calls", "≈ $")
        assert f"A draft run {a}: 2 cases without an answer" in shown
        assert f"B draft run {b}: 1 case without an answer" in shown
        assert not shop.asked
        await pilot.press("y")
        await until_shown(pilot, "missing 0")
        await settled(pilot)
        assert sorted(shop.asked) == [3, 4, 7]
        assert "r runs" not in screen_text(app)
        assert screen.comparing
        sides = screen.comparing.compared
        assert (sides.a.summary.run_id, sides.b.summary.run_id) == (a, b)
        assert app.selection.compare_a == a


async def test_cases_that_one_side_was_never_asked_are_asked_in_a_new_run(shop: Shop) -> None:
    a = shop.run(careful=False, failing=set(), limit=5)
    b = shop.run(careful=True, failing=set())
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot, a, b)
        assert "all 5" in screen_text(app)
        assert "only 5 of 20 cases were asked on both sides" in screen_text(app)
        await pilot.press("j", "j")
        on = screen.table.cursor_key
        await pilot.press("r")
        await until_shown(
            pilot, f"A draft run {a}: 15 cases never asked · in a new run", "15 calls"
        )
        await pilot.press("y")
        await until_shown(pilot, "all 20")
        await settled(pilot)
        assert sorted(shop.asked) == list(range(5, 20))
        assert screen.table.cursor_key == on
        assert app.selection.compare_a not in (a, None)
        assert app.selection.compare_b == b
        await pilot.press("3", "4")
        await settled(pilot)
        assert "all 20" in screen_text(app)


async def test_nothing_missing_is_reported_without_a_question(shop: Shop) -> None:
    a = shop.run(careful=False, failing=set())
    b = shop.run(careful=True, failing=set())
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, a, b)
        await pilot.press("r")
        await until_shown(pilot, "nothing is missing")
        assert app.screen is screen
        assert not shop.asked


async def test_escape_runs_nothing(shop: Shop) -> None:
    a = shop.run(careful=False, failing={3})
    b = shop.run(careful=True, failing=set())
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, a, b)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunMissing))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is screen)
        await settled(pilot)
        assert not shop.asked
        assert "missing 1" in screen_text(app)


async def test_what_fails_again_stays_missing_and_can_be_run_again(shop: Shop) -> None:
    a = shop.run(careful=False, failing={3, 7})
    b = shop.run(careful=True, failing=set())
    shop.failing.add(7)
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot, a, b)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunMissing))
        await pilot.press("y")
        await until_shown(pilot, "missing 1")
        await settled(pilot)
        assert sorted(shop.asked) == [3, 7]
        shop.failing.clear()
        await pilot.press("r")
        await until_shown(pilot, "1 case without an answer")
        await pilot.press("y")
        await until_shown(pilot, "missing 0")


async def test_its_progress_is_shown_and_it_can_be_stopped(shop: Shop) -> None:
    a = shop.run(careful=False, failing=set(), limit=2)
    b = shop.run(careful=True, failing=set())
    shop.server.delay_s = 0.4
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot, a, b)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunMissing))
        await pilot.press("y")
        await until_shown(pilot, "x stops it", "/20")
        await pilot.press("x")
        await until_shown(pilot, "not everything was run")
        await settled(pilot)
        assert len(shop.asked) < 18
        assert screen.comparing
        assert sum(gap.cases for gap in screen.comparing.gaps) > 0


async def test_a_run_that_cannot_go_on_says_why_and_the_comparison_stays(shop: Shop) -> None:
    a = shop.run(careful=False, failing={3})
    b = shop.run(careful=True, failing=set())
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot, a, b)
        suite = shop.workspace.root / "evals" / PROMPT / "suite.yaml"
        suite.write_text(suite.read_text().replace("ignore_case: true", "ignore_case: false"))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunMissing))
        await pilot.press("y")
        await until_shown(pilot, "cannot go on: the scorers changed")
        await settled(pilot)
        assert not shop.asked
        assert "missing 1" in screen_text(app)


async def test_a_third_side_that_lacks_answers_is_run_too(shop: Shop) -> None:
    a = shop.run(careful=False, failing=set())
    b = shop.run(careful=True, failing=set())
    draft = shop.workspace.draft_path(PROMPT)
    assert draft
    draft.write_text(CAREFUL_DRAFT.replace("exactly", "exactly, please,"))
    c = shop.run(careful=False, failing={9})
    app = WorkbenchApp(shop.workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot, a, b)
        await pilot.press("C")
        await until_shown(pilot, "Pick C")
        await pilot.press(*c, "enter")
        await until_shown(pilot, "r runs what is missing: C 1")
        await pilot.press("r")
        await until_shown(pilot, f"C draft run {c}: 1 case without an answer")
        await pilot.press("y")
        await until(pilot, lambda: shop.asked == [9])
        await until(pilot, lambda: screen.further and not screen.further[0].gap.cases)
        await settled(pilot)
        assert "as one of 2 (Holm)" in screen_text(app)
