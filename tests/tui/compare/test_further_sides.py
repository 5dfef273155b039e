"""A third and a fourth side on the compare screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from tests.support.openai_server import OpenAIServer
from tests.support.screens import cells, screen_text, settled, until, until_shown
from tests.tui.conftest import CAREFUL_DRAFT, PLAIN_DRAFT, PROMPT
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.rows import Answers, PairRow, counts_of
from workbench.tui.compare.screen import CompareScreen
from workbench.tui.compare.side_outputs import SideOutputs
from workbench.verdicts.case_changes import Change
from workbench.workspace import Workspace, open_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]

Snapshot = Callable[[App[object], str], None]


@pytest.fixture
def polite(workspace: Workspace) -> Workspace:
    """1.0.0, 1.0.1, and a draft that answers as 1.0.0 does."""
    draft = workspace.draft_path(PROMPT)
    assert draft
    draft.write_text(PLAIN_DRAFT.replace("name only", "name, please"))
    return workspace


async def with_c(pilot: Pilot[object]) -> CompareScreen:
    """1.0.0 and 1.0.1 compared, and the draft beside them."""
    app = pilot.app
    assert isinstance(app, WorkbenchApp)
    await until_shown(pilot, "not registered")
    app.open_compare(f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
    await until_shown(pilot, "fixed 3")
    screen = app.screen
    assert isinstance(screen, CompareScreen)
    await pilot.press("C")
    await until_shown(pilot, "Pick C", "support_triage.prompty")
    await pilot.press("enter")
    await until(pilot, lambda: len(screen.further) == 1)
    await settled(pilot)
    return screen


async def test_a_third_side_is_compared_with_a(polite: Workspace) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await with_c(pilot)
        shown = screen_text(app)
        assert "C draft" in shown
        assert "as one of 2 (Holm): none may be called better" in shown
        row = screen.row
        assert isinstance(row, PairRow)
        at = screen.table.cursor_index
        assert cells(screen.table, "a", "b", "c")[at] == ("0.00", "▲1.00", "0.00")
        assert screen.query_one(SideOutputs).shown == 1
        assert "0.00, same answer as A" in " ".join(shown.split())
        await pilot.press("H")
        await until_shown(pilot, "wrote reports")
        (page,) = (polite.root / "reports").glob("*.html")
        assert "Prompt, A to C" in page.read_text()
        await pilot.press("w")
        await until_shown(pilot, "C draft against A · exact_match", "as one of 2 (Holm)")


async def test_an_expensive_side_is_confirmed_first(
    polite: Workspace, server: OpenAIServer
) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await with_c(pilot)
    toml = polite.root / "workbench.toml"
    toml.write_text(toml.read_text().replace("[workspace]", "[workspace]\nconfirm_above = 0.00001"))
    draft = polite.draft_path(PROMPT)
    assert draft
    draft.write_text(PLAIN_DRAFT.replace("name only", "name, or none"))
    app = WorkbenchApp(open_workspace(polite.root))
    calls = server.calls
    async with app.run_test(size=(120, 40)) as pilot:
        await until_shown(pilot, "not registered")
        app.open_compare(f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
        await until_shown(pilot, "fixed 3")
        assert isinstance(app.screen, CompareScreen)
        screen = app.screen
        for answer, sides in (("escape", 0), ("y", 1)):
            await pilot.press("C")
            await until_shown(pilot, "Pick C", "support_triage.prompty")
            await pilot.press("enter")
            await until_shown(pilot, "with A · y starts it", "20 calls")
            assert server.calls == calls
            await pilot.press(answer)
            await until(pilot, lambda: app.screen is screen)
            await until(pilot, lambda sides=sides: len(screen.further) == sides)
    assert server.calls == calls + 20


async def test_four_sides_are_the_most(polite: Workspace) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await with_c(pilot)
        draft = polite.draft_path(PROMPT)
        assert draft
        draft.write_text(PLAIN_DRAFT.replace("name only", "name, quickly"))
        await pilot.press("C")
        await until_shown(pilot, "Pick D")
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.further) == 2)
        await settled(pilot)
        shown = screen_text(app)
        assert "as one of 3 (Holm): none may be called better" in shown
        assert "D draft" in shown
        assert screen.query_one(SideOutputs).shown == 2
        await pilot.press("C")
        await until_shown(pilot, "four sides at most")


async def test_where_it_is_narrow_only_the_table_has_it(polite: Workspace) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await with_c(pilot)
        assert screen.query_one(SideOutputs).shown == 0
        assert "A     B     C        Δ" in screen_text(app)
        await pilot.press("enter")
        await until_shown(pilot, "output of A")
        await pilot.press("G")
        await until_shown(pilot, "output of C")


async def test_a_side_is_dropped_and_goes_with_its_comparison(polite: Workspace) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await with_c(pilot)
        await pilot.press("X")
        await until(pilot, lambda: not screen.further)
        await settled(pilot)
        shown = screen_text(app)
        assert "Holm" not in shown
        assert "C draft" not in shown
        assert screen.query_one(SideOutputs).shown == 0
        assert not screen.check_action("drop", ())


async def test_what_is_compared_already_is_no_further_side(polite: Workspace) -> None:
    app = WorkbenchApp(polite)
    async with app.run_test(size=(160, 45)) as pilot:
        screen = await with_c(pilot)
        await pilot.press("C")
        await until_shown(pilot, "Pick D")
        await pilot.press(*"1.0.1", "enter")
        await until_shown(pilot, "is compared already")
        assert len(screen.further) == 1


async def test_what_falls_on_a_further_side_alone_stands_first_and_can_be_read(
    workspace: Workspace,
) -> None:
    draft = workspace.draft_path(PROMPT)
    assert draft
    draft.write_text(PLAIN_DRAFT)
    with Session(workspace) as session:
        plain = start(session, make_spec(resolve(session, PROMPT), workspace.suite_for(PROMPT)))
        plain.wait(120)
    draft.write_text(CAREFUL_DRAFT.replace("names.", "names, please."))
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "not registered")
        app.open_compare(f"{PROMPT}@1.0.1", PROMPT)
        await until_shown(pilot, "same 20")
        screen = app.screen
        assert isinstance(screen, CompareScreen)
        await pilot.press("C")
        await until_shown(pilot, "Pick C")
        await pilot.press(*plain.run_id, "enter")
        await until(pilot, lambda: len(screen.further) == 1)
        await settled(pilot)
        shown = screen_text(app)
        assert "any side: fixed 0  broke 3  same 17  missing 0 [all 20]" in shown
        at = screen.table.cursor_index
        row = cells(screen.table, "mark", "a", "b", "c", "delta", "what")[at]
        assert row == ("▼", "1.00", "1.00", "▼0.00", "C -1.00", "C: billing → how-to")
        assert "[-billing-]" in shown and "{+how-to+}" in shown
        await pilot.press("o")
        await until_shown(pilot, "beside A: B", "same answer")
        await pilot.press("f")
        await until_shown(pilot, "broke: 3 of 20")
        await pilot.press("f", "f", "f")
        await until_shown(pilot, "same: 17 of 20")


def test_rows_are_ranked_by_the_worst_side() -> None:
    def row(at: int, b: Change, *further: tuple[Change, float]) -> PairRow:
        sides = tuple(Answers((), score, change) for change, score in further)
        score = {"broke": 0.0, "fixed": 1.0, "same": 0.5}[b]
        return PairRow(Case(str(at), {}), at, b, 0.5, score, (), (), further=sides)

    rows = [
        row(0, "same", ("same", 0.5), ("same", 0.5)),
        row(1, "fixed", ("same", 0.5), ("same", 0.5)),
        row(2, "same", ("same", 0.5), ("broke", 0.0)),
        row(3, "fixed", ("broke", 0.0), ("broke", 0.0)),
        row(4, "same", ("same", 0.5), ("broke", 0.25)),
    ]
    assert [each.position for each in sorted(rows, key=PairRow.rank)] == [3, 2, 4, 1, 0]
    assert (rows[3].lead, rows[3].worst, rows[3].what_became) == (
        "C", "broke", "B fixed · C broke · D broke"
    )  # fmt: skip
    assert counts_of(rows) == {"fixed": 2, "broke": 3, "same": 1, "missing": 0, "all": 5}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (160, 45)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_three_sides_look_as_they_did(
    polite: Workspace,
    snapshot: Snapshot,
    size: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Latencies differ from run to run, and 12.5 % more cost is 12 or 13 by the order of a sum.
    monkeypatch.setattr("workbench.tui.compare.queries.trade", lambda _compared: "")
    app = WorkbenchApp(polite)
    async with app.run_test(size=size) as pilot:
        await with_c(pilot)
        snapshot(app, f"three-sides-{size[0]}x{size[1]}")
