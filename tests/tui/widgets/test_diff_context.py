"""Less and more of what is equal around the changes of a diff."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widget import Widget

from tests.support.screens import screen_text, settled, until, until_shown
from tests.tui.conftest import PROMPT
from workbench.actions.releasing.deploy import deploy
from workbench.actions.session import Session
from workbench.errors import SettingsError
from workbench.tui.app import WorkbenchApp
from workbench.tui.compare.screen import CompareScreen
from workbench.tui.dialogs.changed_outside import ChangedOutside
from workbench.tui.keys import keys
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.prompt_diff import PromptDiffScreen
from workbench.tui.widgets.text_view import TextView
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio

LINES = [f"line {number}" for number in range(40)]
A = "\n".join(LINES)
B = A.replace("line 20", "line twenty")


class Two(App[None]):
    """A diff of two texts."""

    def __init__(self, a: str, b: str, context: DiffContext) -> None:
        super().__init__()
        self.texts = (a, b)
        self.equal_lines = context

    def compose(self) -> Iterable[Widget]:
        yield DiffView(context=self.equal_lines)

    def on_mount(self) -> None:
        self.query_one(DiffView).show(*self.texts)


def equal(view: DiffView) -> int:
    """How many equal lines are shown."""
    texts = ["".join(piece.text for piece in row).strip() for row in view.compared_rows.rows]
    return sum(text in LINES for text in texts)


async def test_steps_go_from_changes_only_to_all_lines_and_stop_there() -> None:
    context = DiffContext()
    assert context.lines == 3
    assert [(context.step(1), context.lines)[1] for _ in range(3)] == [10, None, None]
    assert context.description == "all equal lines are shown"
    assert [(context.step(-1), context.lines)[1] for _ in range(5)] == [10, 3, 1, 0, 0]
    assert context.description == "changes only, no equal lines around them"
    assert context.step(1) == "1 equal line around each change"


async def test_all_lines_and_back_is_as_many_as_before() -> None:
    context = DiffContext()
    context.step(-1)
    assert context.toggle() == "all equal lines are shown"
    assert context.toggle() == "1 equal line around each change"


@pytest.mark.parametrize(("lines", "shown"), [(0, 0), (1, 2), (3, 6), (10, 20), (None, 39)])
async def test_a_view_shows_so_many_lines_around_a_change(lines: int | None, shown: int) -> None:
    app = Two(A, B, DiffContext(lines))
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.query_one(DiffView)
        await until(pilot, lambda: view.compared_rows.rows)
        assert equal(view) == shown
        assert ("··· " in screen_text(app)) is (lines is not None)


async def test_equal_texts_are_shown_whole() -> None:
    app = Two(A, A, DiffContext(0))
    async with app.run_test(size=(60, 20)) as pilot:
        view = app.query_one(DiffView)
        await until(pilot, lambda: view.compared_rows.rows)
        assert equal(view) == 40


async def compared(pilot: Pilot[Any]) -> CompareScreen:
    await until_shown(pilot, "= 1.0.1")
    pilot.app.open_compare(f"{PROMPT}@1.0.0", f"{PROMPT}@1.0.1")
    await until_shown(pilot, "fixed 3")
    await settled(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, CompareScreen)
    return screen


@pytest.mark.exhaustive
async def test_braces_change_the_diffs_of_a_comparison_and_the_status_line_says_so(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(200, 60)) as pilot:
        screen = await compared(pilot)
        prompts = screen.query_one("#prompts-diff", DiffView)
        before = len(prompts.compared_rows.rows)
        await pilot.press("{")
        await until_shown(pilot, "1 equal line around each change")
        await settled(pilot)
        assert len(prompts.compared_rows.rows) < before
        await pilot.press("}", "}", "}")
        await until_shown(pilot, "all equal lines are shown")
        await settled(pilot)
        assert len(prompts.compared_rows.rows) > before


@pytest.mark.exhaustive
async def test_the_whole_prompts_share_the_choice_and_say_it_themselves(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await compared(pilot)
        await pilot.press("{", "p")
        await until(pilot, lambda: isinstance(app.screen, PromptDiffScreen))
        await settled(pilot)
        folded = screen_text(app)
        assert "{/} context" in folded
        assert "Route a support ticket" not in folded
        await pilot.press("{")
        shown = await until_shown(pilot, "changes only")
        assert "system:" not in shown
        await pilot.press("o")
        await until_shown(pilot, "all equal lines are shown", "Route a support ticket")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert screen.equal_lines.lines is None


async def test_a_draft_that_was_changed_outside_is_shown_with_more_around_it(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 40)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.push_screen(ChangedOutside(A, B))
        shown = await until_shown(pilot, "line twenty")
        assert "line 17" in shown
        assert "line 16" not in shown
        await pilot.press("}")
        await until_shown(pilot, "10 equal lines around each change", "line 10")
        await pilot.press("{", "{", "{")
        shown = await until_shown(pilot, "changes only")
        assert "line 19" not in shown


@pytest.mark.exhaustive
@pytest.mark.parametrize("pressed", [["f9", "R"], ["enter", "down", "down", "D"]])
async def test_dialogs_that_show_what_changes_show_more_of_it_too(
    workspace: Workspace, pressed: list[str]
) -> None:
    app = WorkbenchApp(workspace)
    with Session(workspace) as session:
        deploy(session, PROMPT, "1.0.1", "production")
    async with app.run_test(size=(100, 60)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for key in pressed:
            await pilot.press(key)
            await settled(pilot)
        shown = await until_shown(pilot, "lines · 1 equal line around each change")
        assert "provider: mock" not in shown.split("text: +")[1]
        app.screen.query_one(TextView).focus()
        await pilot.press("}", "}", "}")
        shown = await until_shown(pilot, "lines · all equal lines are shown")
        assert "provider: mock" in shown.split("text: +")[1]


async def test_the_braces_can_be_moved_but_not_onto_a_key_of_the_screens_below() -> None:
    keys.check_keymap({"diff.less": "less_than_sign"})
    with pytest.raises(SettingsError, match="already"):
        keys.check_keymap({"diff.less": "f"})
    with pytest.raises(SettingsError, match="already"):
        keys.check_keymap({"compare.good": "plus"})
