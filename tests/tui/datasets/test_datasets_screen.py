"""The datasets screen, and making a case of an answer."""

from __future__ import annotations

import re

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.session import Session
from workbench.actions.workspace.dataset_versions import log
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.tui.app import WorkbenchApp
from workbench.tui.datasets.screen import DatasetsScreen
from workbench.tui.dialogs.case_form import CaseForm
from workbench.tui.widgets.value_area import ValueArea
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]


def cases_of(workspace: Workspace) -> tuple[Case, ...]:
    return read_dataset(workspace.root / "evals" / PROMPT / "cases.jsonl").cases


async def opened(pilot: Pilot[object]) -> DatasetsScreen:
    await pilot.pause()
    await pilot.press("6")
    await until_shown(pilot, "80 cases")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, DatasetsScreen)
    return screen


async def test_cases_can_be_read_and_filtered_by_split_and_text(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "dev 20 · gate 60" in screen_text(app)
        assert "Ticket 0: a question about billing" in screen_text(app)
        await pilot.press("f")
        await pilot.pause()
        assert len(screen.table.model) == 20
        await pilot.press("slash", *"expected:bug")
        await until(pilot, lambda: len(screen.table.model) == 5)
        await pilot.press("enter", "escape")
        await until(pilot, lambda: len(screen.table.model) == 80)


async def test_a_case_is_edited_in_its_place(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("j", "e")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        app.screen.query_one("#value-0", ValueArea).load_text("Ticket 1: changed\nby hand")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "changed t-001 in cases.jsonl")
        await until(pilot, lambda: app.screen is screen)
    assert cases_of(workspace)[1].inputs == {"ticket": "Ticket 1: changed\nby hand"}
    assert len(cases_of(workspace)) == 80


async def test_edits_here_and_outside_are_versions_with_who_and_why(workspace: Workspace) -> None:
    path = workspace.root / "evals" / PROMPT / "cases.jsonl"
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("j", "e")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        app.screen.query_one("#value-0", ValueArea).load_text("Ticket 1: changed")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is screen)
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))
        await until_shown(pilot, "79 cases")
    with Session(workspace) as session:
        versions = log(session, PROMPT).versions
    recorded = [(v.version.made_by, v.version.reason, v.version.cases) for v in versions]
    who = workspace.author
    assert recorded == [
        (who, "read", 79),
        (who, "changed t-001 in cases.jsonl", 80),
        ("ana", "run of support_triage (1.0.0)", 80),
    ]


async def test_cases_that_a_suite_takes_from_elsewhere_are_not_edited_here(
    workspace: Workspace,
) -> None:
    suite = workspace.root / "evals" / PROMPT / "suite.yaml"
    mapped = "dataset: {path: cases.jsonl, where: {split: [dev, gate]}}"
    suite.write_text(re.sub("dataset: .*", mapped, suite.read_text()))
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert screen.page is not None and screen.page.path is None
        await pilot.press("j", "e")
        await settled(pilot)
        assert app.screen is screen


async def test_what_was_typed_is_dropped_only_when_that_is_meant(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        form = app.screen
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        form = app.screen
        await pilot.press(*"typed ", "escape")
        await until_shown(pilot, "Not saved", "y drops what you typed")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is form)
        assert "typed " in form.query_one("#value-0", ValueArea).text
        await pilot.press("escape")
        await until_shown(pilot, "Not saved")
        await pilot.press("y")
        await until(pilot, lambda: app.screen is screen)
        assert not any("typed" in str(case.inputs) for case in cases_of(workspace))


async def test_a_case_is_deleted_on_a_yes_and_the_cursor_goes_on(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("j", "X")
        await until_shown(pilot, "Delete t-001", "Ticket 1: a question")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert len(cases_of(workspace)) == 80
        await pilot.press("X")
        await until_shown(pilot, "Delete t-001")
        await pilot.press("y")
        await until_shown(pilot, "deleted t-001 from cases.jsonl", "79 cases")
        await settled(pilot)
        assert screen.table.cursor_key == "t-002"
        assert [case.id for case in cases_of(workspace)][:2] == ["t-000", "t-002"]


async def test_a_case_is_added_with_a_free_id(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        await pilot.press(*"hello", "ctrl+s")
        await until_shown(pilot, "added t-080 to cases.jsonl", "81 cases")
        await until(pilot, lambda: screen.table.cursor_key == "t-080")
    assert cases_of(workspace)[-1] == Case("t-080", {"ticket": "hello"}, None, (), "dev")


def words_of(app: WorkbenchApp) -> str:
    """What stands on the screen without frames and without its lines' ends."""
    return " ".join(re.sub("[│╭╮╰╯─]", " ", screen_text(app)).split())


async def test_what_cannot_be_saved_says_why_and_keeps_the_fields(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        app.screen.query_one("#case-id", Input).value = "t-001"
        await pilot.press(*"x", "ctrl+s")
        # It begins with the path of the file, whose length decides where its lines end.
        await until(pilot, lambda: "there is a case 't-001' already" in words_of(app))
        assert isinstance(app.screen, CaseForm)
        await pilot.press("escape")
    assert len(cases_of(workspace)) == 80


@pytest.mark.parametrize("lines", [1, 2, 4])
async def test_why_nothing_was_saved_and_the_buttons_are_in_sight(
    workspace: Workspace, lines: int
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, CaseForm))
        await settled(pilot)
        form = app.screen
        assert isinstance(form, CaseForm)
        for length in (lines, 4, lines):
            form.call_later(form.problem, "word " * (14 * length - 4) + "at last")
            await until_shown(pilot, "at last", "^s Save", "esc Cancel")


async def test_a_bad_answer_becomes_a_new_case(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("3")
        await settled(pilot)
        await pilot.press("j", "enter")
        await until_shown(pilot, "FAIL")
        await pilot.press("a")
        await until_shown(pilot, "A new case in cases.jsonl", "answered: how-to")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "added t-080")
    added = cases_of(workspace)[-1]
    assert added.tags == ("promoted",)
    assert added.expected in ("billing", "account", "bug")


async def test_a_file_of_another_kind_is_for_reading_only(workspace: Workspace) -> None:
    folder = workspace.root / "evals" / PROMPT
    (folder / "cases.csv").write_text("id,ticket,expected\nc-1,hello,bug\n")
    suite = (folder / "suite.yaml").read_text().replace("cases.jsonl", "cases.csv")
    (folder / "suite.yaml").write_text(suite)
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("6")
        await until_shown(pilot, "1 case", "only .jsonl files can be edited here")
        await pilot.press("e")
        await pilot.pause()
        assert isinstance(app.screen, DatasetsScreen)


async def test_a_workspace_without_a_suite_says_which_key_makes_one(fresh: Workspace) -> None:
    folder = fresh.root / "evals" / PROMPT
    (folder / "suite.yaml").unlink()
    before = (folder / "cases.jsonl").read_text()
    app = WorkbenchApp(fresh)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "not registered")
        await pilot.press("2")
        await until_shown(pilot, "no suite: 6 Datasets, n begins one")
        await pilot.press("escape", "6")
        await until_shown(pilot, "No suites yet.", "n makes one for the picked prompt")
        await pilot.press("e", "a", "f", "o")
        await settled(pilot)
        assert app.screen.is_current and not isinstance(app.screen, CaseForm)
        await pilot.press("n")
        await until_shown(pilot, f"New suite of {PROMPT} · 1/5 cases")
        await pilot.press(*"ticket,expected", "enter", *"Where is it?,bug", "ctrl+s")
        await until_shown(pilot, "1 case, 1 with an expected answer")
        await pilot.press("enter")
        await until_shown(pilot, "exact_match 1.00")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "4/5 gate")
        await pilot.press("enter")
        await until_shown(pilot, f"evals/{PROMPT}-2/suite.yaml")
        await pilot.press("enter")
        await until_shown(pilot, f"made {PROMPT}-2/suite.yaml", "1 case", "Where is it?")
        await pilot.press("2")
        await until_shown(pilot, "expected (not sent): bug")
    suite = open_workspace(fresh.root).suite(f"{PROMPT}-2")
    assert (suite.prompt_id, suite.dataset.cases[0].expected) == (PROMPT, "bug")
    assert (folder / "cases.jsonl").read_text() == before, "nothing is overwritten"


async def test_a_suite_that_cannot_be_read_says_why_and_shows_the_next(
    workspace: Workspace,
) -> None:
    other = workspace.root / "evals" / "a_broken"
    other.mkdir()
    (other / "suite.yaml").write_text("suite: a_broken\nscorrers: []\n")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        assert "Cases of support_triage" in screen_text(app), "the picked prompt's suite"
        await pilot.press("o")
        await until_shown(pilot, "This suite cannot be read", "! ", "scorrers", "o other suite")
        await pilot.press("e", "a")
        await settled(pilot)
        assert app.screen is screen
        await pilot.press("o")
        await until_shown(pilot, "80 cases")


async def test_escape_goes_back_to_where_one_was(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for key, mode in (("5", "deploys"), ("3", "run")):
            await pilot.press(key)
            await until(pilot, lambda mode=mode: app.current_mode == mode)
            await opened(pilot)
            await pilot.press("escape")
            await until(pilot, lambda mode=mode: app.current_mode == mode)
