"""The compare screen."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PLAIN_DRAFT, PROMPT
from workbench.actions.refs import resolve
from workbench.actions.running.run import make_spec, start
from workbench.actions.session import Session
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.refs import read_refs
from workbench.tui.compare.rows import PairRow, what_changed
from workbench.tui.compare.screen import CompareScreen
from workbench.tui.services.ratings import ratings_of
from workbench.tui.widgets.diff_view import DiffView
from workbench.verdicts.noise import noise_of
from workbench.verdicts.values import CasePair
from workbench.workspace import Workspace

pytestmark = [pytest.mark.anyio, pytest.mark.exhaustive]

A, B = f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1"


async def compared(
    pilot: Pilot[object], a: str = A, b: str = B, shown: str = "fixed"
) -> CompareScreen:
    app = pilot.app
    assert isinstance(app, WorkbenchApp)
    await pilot.pause()
    app.open_compare(a, b)
    await until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen.comparing)
    await until_shown(pilot, shown)
    await settled(pilot)
    assert isinstance(app.screen, CompareScreen)
    return app.screen


async def test_without_sides_it_asks_for_them(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        shown = await until_shown(pilot, "Nothing is compared.")
        assert "a picks the baseline" in shown


async def test_two_versions_are_run_where_needed_and_compared(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        shown = screen_text(app)
        assert "fixed 3" in shown
        assert "broke 0" in shown
        assert "A 1.0.0" in shown
        assert "B 1.0.1" in shown
        row = screen.row
        assert row is not None
        assert row.change == "fixed"
        assert "[-how-to-]" in shown


async def test_the_verdict_stands_over_what_is_suspected_of_the_cases(
    workspace: Workspace,
) -> None:
    cases = workspace.root / "evals" / PROMPT / "cases.jsonl"
    rows = [json.loads(line) for line in cases.read_text().splitlines()]
    for row in rows:
        row["inputs"]["colour"] = "red\x1b"
    rows.append({**rows[0], "id": "copy", "inputs": {**rows[0]["inputs"], "colour": "blue"}})
    cases.write_text("\n".join(map(json.dumps, rows)))
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await compared(pilot)
        shown = screen_text(app)
    assert "note: the column 'colour' is used by no template" in shown
    assert "note: 2 cases are sent as 1 prompt: those that are sent alike count as one" in shown


async def test_worst_first_and_the_counts_filter(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot, B, A)
        assert screen.row is not None
        assert screen.row.change == "broke"
        changes = [row.change for row in screen.table.model.visible() if isinstance(row, PairRow)]
        assert changes == sorted(changes, key=["broke", "missing", "fixed", "same"].index)
        await pilot.press("f")
        await pilot.pause()
        assert {r.change for r in screen.table.model.visible() if isinstance(r, PairRow)} == {
            "broke"
        }
        assert "[broke 3]" in screen_text(app)
        await pilot.click("#verdict-head", offset=(24, 2))
        await pilot.pause()


async def test_what_is_shown_of_a_case_follows_the_filter(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        await pilot.press(*"jjjjjj")
        await until_shown(pilot, "B 1.0.1 · t-004")
        await pilot.press("slash", *"t-01")
        await until_shown(pilot, "10 of 20")
        assert screen.row is not None
        await until_shown(pilot, f"B 1.0.1 · {screen.row.case.id}")
        assert app.selection.case_id == screen.row.case.id
        await pilot.press("escape", "escape", "f", "f", "f")
        await until_shown(pilot, "fixed: 3 of 20")
        await until_shown(pilot, f"B 1.0.1 · {screen.row.case.id}")
        assert screen.row.change == "fixed"


async def test_next_goes_through_the_changed_cases_only(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        seen = []
        for _ in range(4):
            assert screen.row is not None
            seen.append(screen.row.case.id)
            await pilot.press("]")
        assert seen == ["t-000", "t-005", "t-015", "t-000"]
        await pilot.press("G")
        assert screen.row is not None
        assert screen.row.change == "same"
        await pilot.press("[")
        assert screen.row.change == "fixed"


async def test_a_rating_is_kept_with_the_run(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        assert screen.row is not None
        case_id = screen.row.case.id
        assert screen.comparing is not None
        run_id = screen.comparing.compared.b.summary.run_id
        await pilot.press("u")
        await until_shown(pilot, f"{case_id}: good")
        assert screen.row.rating == "good"
        await pilot.press("j", "d")
        await until_shown(pilot, ": bad")
    with Session(workspace) as session:
        labels = {label.case_id: label.label for label in session.store.labels(run_id)}
    assert labels[case_id] == "good"
    assert sorted(labels.values()) == ["bad", "good"]


async def test_sides_that_change_places_keep_their_runs_and_ratings(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        assert screen.comparing is not None
        before = screen.comparing.compared
        await pilot.press("u")
        await until_shown(pilot, "good")
        await pilot.press("S")
        await until_shown(pilot, "A 1.0.1", "broke 3")
        after = screen.comparing.compared
        assert (after.a.summary, after.b.summary) == (before.b.summary, before.a.summary)
        await pilot.press("S")
        await until_shown(pilot, "A 1.0.0", "fixed 3")
        assert screen.row is not None
        assert screen.row.rating == "good"
        await pilot.press("f9", "4")
        await settled(pilot)
        assert screen.comparing is not None
        assert screen.comparing.compared.a.summary == before.a.summary
    with Session(workspace) as session:
        assert len(session.store.summaries(PROMPT)) == 4


async def test_a_rating_is_seen_in_every_run_that_gave_the_same_answer(
    workspace: Workspace,
) -> None:
    with Session(workspace) as session:
        spec = make_spec(resolve(session, B), workspace.suite_for(PROMPT))
        older, newer = (start(session, replace(spec, fresh=f)).wait(120) for f in (False, True))
        session.store.label(older.run_id, "t-000", 0, "good")
        session.store.label(older.run_id, "t-001", 0, "bad")
        session.store.label(newer.run_id, "t-001", 0, "")
        results = session.store.results(newer.run_id)
        assert ratings_of(session, newer, results) == {"0:t-000": "good"}
        changed = [replace(r, answer=replace(r.answer, text="other")) for r in results]
        assert ratings_of(session, newer, changed) == {}


async def test_a_run_against_itself_has_no_verdict(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_compare(B, PROMPT)
        shown = await until_shown(pilot, "A and B are the same run")
        assert "PASS" not in shown
        assert "pick another side" in " ".join(shown.split())


async def test_the_prompts_differ_on_a_key(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        await pilot.press("p")
        shown = await until_shown(pilot, "{+exactly+} one {+of the+}")
        assert "[-name only-]" in shown
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is screen


async def test_the_head_says_how_much_flips_when_a_runs_twice(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        assert screen.comparing
        assert "runs twice" not in screen_text(app)
        noise = noise_of([CasePair(str(at), (1.0,), (float(at > 1),)) for at in range(10)])
        with_noise = replace(screen.comparing.compared, noise=noise)
        screen._compared(replace(screen.comparing, compared=with_noise))
        await until_shown(
            pilot, "20.0 % of 10 cases flip when A runs twice", "15.0 % flip from A to B"
        )


async def test_the_verdict_says_why_on_a_key(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        await compared(pilot)
        await pilot.press("w")
        await until_shown(pilot, "Tango score interval", "NO DECISION", "why: 20 cases are too few")


async def test_input_and_expected_on_a_key_and_the_view_changes(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await compared(pilot)
        await pilot.press("i")
        shown = await until_shown(pilot, "input · ticket")
        # There is room for both.
        assert "[-how-to-]" in shown
        await pilot.press("i", "v", "v")
        await pilot.pause()
        assert screen.query_one("#outputs", DiffView).chosen == "unified"
        assert "│- [-how-to-]" in screen_text(app)


async def test_sides_are_picked_from_a_list(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("4", "a")
        await until_shown(pilot, "Pick A", f"{PROMPT}@production")
        await pilot.press(*"production", "enter")
        await until(pilot, lambda: app.selection.compare_a == f"{PROMPT}@production")
        await pilot.press("b")
        await until_shown(pilot, "Pick B")
        await pilot.press(*"/nothing", "enter")
        await until_shown(pilot, "nothing matches")
        await pilot.press("ctrl+u", *"prompty", "down", "up", "enter")
        await until(pilot, lambda: app.selection.compare_b == PROMPT)
        await until_shown(pilot, "fixed 3")
        # What is picked already matches too, and is not the first that does.
        await pilot.press("a")
        await until_shown(pilot, "Pick A")
        await pilot.press(*"1.0.0", "enter")
        await until_shown(pilot, "fixed 3")
        assert app.selection.compare_a == f"{PROMPT}@production"
        await pilot.press("b")
        await until_shown(pilot, "Pick B")
        await pilot.press(*"1.0.", "enter")
        await until(pilot, lambda: app.selection.compare_b == f"{PROMPT}@production")
        await until_shown(pilot, "A and B are the same run")


def test_variants_of_the_prompt_and_of_others_can_be_sides(workspace: Workspace) -> None:
    prompts = workspace.root / "prompts"
    router = PLAIN_DRAFT.replace("name: support_triage", "name: router")
    for name, text in (("router", router), ("router@b", router), (f"{PROMPT}@a", PLAIN_DRAFT)):
        (prompts / f"{name}.prompty").write_text(text)
    with Session(workspace) as session:
        refs = {ref.ref: ref.kind for ref in read_refs(session, PROMPT)}
    assert list(refs)[:2] == [PROMPT, f"{PROMPT}@a"]
    assert (refs[f"{PROMPT}@a"], refs["router@b"], refs["router"]) == (
        "variant",
        "variant",
        "draft",
    )


async def test_another_prompt_whose_inputs_fit_is_picked_from_the_list(
    workspace: Workspace,
) -> None:
    prompts = workspace.root / "prompts"
    router = PLAIN_DRAFT.replace("name: support_triage", "name: router")
    (prompts / "router.prompty").write_text(router)
    mailer = PLAIN_DRAFT.replace("name: support_triage", "name: mailer").replace("ticket", "mail")
    (prompts / "mailer.prompty").write_text(mailer)
    (prompts / "broken.prompty").write_text("---\nname: [\n---\n")
    with Session(workspace) as session:
        refs = [ref.ref for ref in read_refs(session, PROMPT)]
        assert [ref.ref for ref in read_refs(session, "mailer")] == ["mailer"]
        assert f"{PROMPT}@production" in [ref.ref for ref in read_refs(session, "router")]
    assert "router" in refs
    assert "mailer" not in refs
    assert refs.index("router") > refs.index(f"{PROMPT}@1.0.0"), "its own sides come first"
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "support_triage")
        app.select(prompt_id=PROMPT)
        await pilot.press("4", "a")
        await until_shown(pilot, "Pick A", f"{PROMPT}@production")
        await pilot.press(*"router", "enter")
        await until(pilot, lambda: app.selection.compare_a == "router")
        await pilot.press("b")
        await until_shown(pilot, "Pick B")
        await pilot.press(*"1.0.1", "enter")
        await until_shown(pilot, "router", "fixed 3")


async def test_what_cannot_be_compared_says_why(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.open_compare(A, f"{PROMPT}@9.9.9")
        await until_shown(pilot, "not compared", "9.9.9")


async def test_a_report_is_written(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await compared(pilot)
        await pilot.press("H")
        await until_shown(pilot, "wrote ")
    pages = list((workspace.root / "reports").glob("*.html"))
    assert len(pages) == 1
    assert "1.0.1 against 1.0.0" in pages[0].read_text()


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("bug", "billing", "bug → billing"),
        ("bug", "bug", "same answer"),
        (
            "label: bug because the app crashes after the update",
            "label: bug because the app is slow after the update",
            "…crashes after the update → …is slow after the update",
        ),
        ("x" * 50, "x" * 50 + " more", f"{'x' * 40}… → {'x' * 40}…"),
    ],
)
async def test_what_changed_fits_a_line(a: str, b: str, expected: str) -> None:
    assert what_changed(a, b) == expected
