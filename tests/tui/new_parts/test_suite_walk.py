"""A new suite in five steps, by keys alone; nothing typed is lost on the way."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.tui.app import WorkbenchApp
from workbench.tui.new_parts.suite_walk.rows_area import RowsArea
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive(keep=2)]
SMALL = (80, 24)
Compare = Callable[[App[int], str], None]
ROWS = 'ticket\tlabel\n"Ticket 1, ""a"" question\nabout bug"\tbug\n' + "".join(
    f"Ticket {number}: a question about billing [/b]\tbilling\n" for number in range(2, 13)
)


@pytest.fixture
def bare(fresh: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A prompt, and no suite."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for path in (fresh.root / "evals" / PROMPT).iterdir():
        path.unlink()
    (fresh.root / "evals" / PROMPT).rmdir()
    return fresh


async def walk(pilot: Pilot[int]) -> None:
    """Open the walk in Datasets."""
    await until(pilot, lambda: pilot.app.selection.prompt_id)
    await pilot.press("6")
    await until_shown(pilot, "n begins a suite")
    await pilot.press("n")
    await until_shown(pilot, "1/5 cases")
    await settled(pilot)


async def paste(pilot: Pilot[int], text: str) -> None:
    pilot.app.post_message(events.Paste(text))
    await settled(pilot)


async def test_pasted_rows_become_a_suite_by_keys_alone(bare: Workspace, snapshot: Compare) -> None:
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, ROWS)
        await until_shown(pilot, "12 rows · TSV · ticket, label")
        snapshot(app, "suite-1-cases")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "2/5 columns", "12 cases, 12 with an expected answer")
        snapshot(app, "suite-2-columns")
        await pilot.press("enter")
        await until_shown(pilot, "3/5 scorers", "exact_match 1.00")
        snapshot(app, "suite-3-scorers")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/5 gate", "by luck")
        snapshot(app, "suite-4-gate")
        await pilot.press("enter")
        await until_shown(pilot, "5/5 files", "rule: no_regressions", "min_cases: 12")
        snapshot(app, "suite-5-files")
        await pilot.press("enter")
        await until_shown(pilot, f"made {PROMPT}/suite.yaml", "case-001")
        await settled(pilot)
        assert app.current_mode == "datasets" and app.selection.suite == PROMPT
    suite = open_workspace(bare.root).suite(PROMPT)
    first = suite.dataset.cases[0]
    assert first.inputs["ticket"] == 'Ticket 1, "a" question\nabout bug'
    assert (first.expected, suite.gate.rule, len(suite.dataset.cases)) == (
        "bug",
        "no_regressions",
        12,
    )
    assert not list((bare.state / "unfinished").iterdir()), "it is finished"


async def test_what_was_typed_is_there_again_after_escape_and_after_the_end(
    bare: Workspace,
) -> None:
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, ROWS)
        await until_shown(pilot, "12 rows")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "12 cases, 12 with")
        await pilot.press("escape")
        await until(pilot, lambda: "1/5 cases" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 1)
        await pilot.press("n")
        await until_shown(pilot, "1/5 cases", "12 rows")
        app.end(0)  # in the middle of it
    app = WorkbenchApp(open_workspace(bare.root))
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await until_shown(pilot, "12 rows · TSV")
        assert "Ticket 12" in app.screen.query_one(RowsArea).rows_text


async def test_a_paste_of_ten_thousand_rows_is_begun_to_be_shown_and_read_whole(
    bare: Workspace,
) -> None:
    rows = "ticket,label\n" + "".join(
        f"Ticket {n}: a question about bug,bug\n" for n in range(10_000)
    )
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, rows)
        await until_shown(pilot, "10,000 rows · CSV", "the first 100 of 10,001 lines")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "10,000 cases, 10,000 with an expected answer")
        await pilot.press("enter")
        await until_shown(pilot, "3/5 scorers", "exact_match 1.00")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/5 gate", "10,000 cases can exclude a loss of")
        await pilot.press("enter")
        await until_shown(pilot, "rule: not_worse")
        await pilot.press("enter")
        await until_shown(pilot, f"made {PROMPT}/suite.yaml")
    assert len(open_workspace(bare.root).suite(PROMPT).dataset.cases) == 10_000


async def test_a_column_is_given_another_role_by_its_list(bare: Workspace) -> None:
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, "ticket,label,queue\na,x,bug\nb,y,billing\n")
        await until_shown(pilot, "2 rows")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "2 cases, 2 with")
        app.screen.query_one("#role-1").focus()
        await pilot.press("space")
        await until_shown(pilot, "type to filter")
        await pilot.press(*"not", "enter")
        await until_shown(pilot, "2 cases, 0 with")
        app.screen.query_one("#role-2").focus()
        await pilot.press("space")
        await until_shown(pilot, "type to filter")
        await pilot.press(*"expec", "enter")
        await until_shown(pilot, "2 cases, 2 with", "expected: bug")


async def test_a_file_is_chosen_from_its_folder(bare: Workspace) -> None:
    (bare.root / "data").mkdir()
    rows = [{"inputs": {"ticket": f"t {n}"}, "expected": "bug"} for n in range(3)]
    (bare.root / "data" / "old.jsonl").write_text("\n".join(map(json.dumps, rows)))
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await pilot.press("tab", "tab", "enter")
        await until_shown(pilot, "The file with the cases", "data")
        await pilot.press(*"dat", "enter")
        await until_shown(pilot, "old.jsonl")
        await pilot.press("enter")
        await until_shown(pilot, "3 rows in data/old.jsonl · JSONL · ticket, expected")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "3 cases, 3 with an expected answer")


async def test_scorers_are_ticked_set_and_tried_on_typed_and_real_answers(
    bare: Workspace, server: OpenAIServer
) -> None:
    app = WorkbenchApp(bare)
    calls = server.calls
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, ROWS)
        await until_shown(pilot, "12 rows")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "12 cases, 12 with")
        await pilot.press("enter")
        await until_shown(pilot, "exact_match 1.00")
        await pilot.press("space")
        await until_shown(pilot, "No scorer is ticked")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "one scorer at least")
        await pilot.press("space", "e")
        await until_shown(pilot, "Options of exact_match")
        await pilot.press("space", "ctrl+s")
        await until_shown(pilot, "exact_match 1.00")
        await pilot.press("tab", "tab", "enter")
        await until_shown(pilot, "An answer to try")
        await pilot.press(*"BILLING", "enter")
        await until_shown(pilot, "BILLING (expected: billing)", "exact_match 0.00")
        assert server.calls == calls, "nothing was asked yet"
        await pilot.press("tab", "enter")
        await until_shown(pilot, "case-001: bug (expected: bug)", "exact_match 1.00")
        assert server.calls == calls + 3


async def test_numbers_out_of_range_are_said_and_do_not_go_on(bare: Workspace) -> None:
    app = WorkbenchApp(bare)
    async with app.run_test(size=SMALL) as pilot:
        await walk(pilot)
        await paste(pilot, ROWS)
        await until_shown(pilot, "12 rows")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "12 cases, 12 with")
        await pilot.press("enter")
        await until_shown(pilot, "exact_match 1.00")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/5 gate")
        app.screen.query_one("#threshold").focus()
        await pilot.press(*"180")
        await until_shown(pilot, "a number within the limits")
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert "4/5 gate" in screen_text(app)
        await pilot.press("home", "delete", "escape")
        await until(pilot, lambda: "3/5 scorers" in screen_text(app))


async def test_the_walk_fits_a_small_terminal(bare: Workspace, snapshot: Compare) -> None:
    app = WorkbenchApp(bare)
    async with app.run_test(size=(60, 15)) as pilot:
        await walk(pilot)
        await paste(pilot, ROWS)
        await until_shown(pilot, "12 rows")
        snapshot(app, "suite-1-cases-60x15")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "12 cases, 12 with")
        snapshot(app, "suite-2-columns-60x15")
        await pilot.press("enter")
        await until_shown(pilot, "3/5", "1.00")
        snapshot(app, "suite-3-scorers-60x15")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/5 gate")
        await settled(pilot)
        snapshot(app, "suite-4-gate-60x15")
        await pilot.press("enter")
        await until_shown(pilot, "5/5 files")
        await settled(pilot)
        snapshot(app, "suite-5-files-60x15")


def test_rows_are_kept_whole_beside_what_is_shown() -> None:
    text = "a,b\n" + "1,2\n" * 50_000
    area = RowsArea(text)
    assert area.rows_text == text and area.read_only
    assert len(area.text.split("\n")) == 100
