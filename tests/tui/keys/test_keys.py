"""One table of keys: no clash, nothing dead, remappable, documented."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest
from textual.app import App

from tests.support.screens import screen_text, settled, until, until_it_takes_keys, until_shown
from workbench.errors import SettingsError
from workbench.tui.app import WorkbenchApp
from workbench.tui.keys import keys
from workbench.tui.keys.commands import available
from workbench.tui.keys.key_docs import markdown
from workbench.workspace import Workspace, open_workspace

pytestmark = pytest.mark.exhaustive(keep=5)

DOCS = Path(__file__).parents[3] / "docs" / "keys.md"


def test_ids_are_unique() -> None:
    ids = [action.id for action in keys.ACTIONS]
    assert len(ids) == len(set(ids))


def test_no_default_key_is_one_that_terminals_do_not_send() -> None:
    dead = {key for action in keys.ACTIONS for key in keys.split(action.keys)} & set(keys.DEAD)
    assert not dead


def test_no_two_actions_of_one_place_have_one_key() -> None:
    for a, b in combinations(keys.ACTIONS, 2):
        if a.where == b.where:
            assert not set(keys.split(a.keys)) & set(keys.split(b.keys)), (a.id, b.id)


def test_an_unknown_id_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"deploys\.rolback.*deploys\.rollback"):
        keys.check_keymap({"deploys.rolback": "B"})


def test_a_key_that_is_taken_is_refused_with_its_holder() -> None:
    with pytest.raises(SettingsError, match=r"deploys\.deploy already"):
        keys.check_keymap({"deploys.rollback": "D"})
    with pytest.raises(SettingsError, match=r"app\.zoom already"):
        keys.check_keymap({"deploys.rollback": "z"})


def test_two_actions_may_swap_their_keys() -> None:
    keys.check_keymap({"deploys.rollback": "D", "deploys.deploy": "R"})


def test_a_key_that_never_arrives_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"do not send ctrl\+h"):
        keys.check_keymap({"app.jump": "ctrl+h"})


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("ctrl+p", "^p"),
        ("f1", "F1"),
        ("question_mark", "?"),
        ("slash", "/"),
        ("underscore", "_"),
        ("G", "G"),
        ("escape", "esc"),
        ("alt+left", "alt-left"),
        ("left_square_bracket", "["),
    ],
)
def test_keys_are_shown_as_people_write_them(key: str, shown: str) -> None:
    assert keys.display(key) == shown


def test_the_page_of_keys_is_up_to_date() -> None:
    assert DOCS.read_text() == markdown(), (
        "run: python -m workbench.tui.keys.key_docs > docs/keys.md"
    )


def shown_footer(app: App[int]) -> str:
    return screen_text(app).splitlines()[-1]


@pytest.mark.anyio
async def test_help_and_palette_stay_in_the_footer_at_80_columns(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for mode in ("f2", "f3", "f9", "3", "4"):
            await pilot.press(mode)
            await settled(pilot)
            footer = shown_footer(app)
            assert "Keys" in footer and "^p Cmd" in footer, (mode, footer)
            assert len(footer) <= 80
        await pilot.press("f3")
        await until(pilot, lambda: "^t Try" in shown_footer(app))


@pytest.mark.anyio
async def test_a_moved_key_works_and_its_old_one_does_not(workspace: Workspace) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(
        toml.read_text() + '\n[keys]\n"app.deploys" = "ctrl+k"\n"app.themes" = "ctrl+y"\n'
    )
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await pilot.pause()
        assert app.current_mode == "prompts"
        await pilot.press("ctrl+k")
        await until(pilot, lambda: app.current_mode == "deploys")
        shown = {command.action.id: command.shown_keys for command in available(app.screen)}
        assert (shown["app.deploys"], shown["app.themes"]) == ("^k", "^y")
        await pilot.press("ctrl+y")
        await until_shown(pilot, "esc goes back")


@pytest.mark.anyio
async def test_help_filters_and_runs_what_is_picked(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("question_mark")
        await until_shown(pilot, "type to filter")
        await pilot.press(*"live where")
        await until(pilot, lambda: "Prompts: " not in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploys")


@pytest.mark.anyio
async def test_the_palette_names_commands_with_their_keys(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("ctrl+p")
        await pilot.press(*"view: deploys")
        await until_shown(pilot, "view: Deploys  F9 5")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "deploys")


@pytest.mark.anyio
async def test_jump_labels_reach_every_pane(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        for letter, pane in (("s", "versions"), ("d", "text"), ("a", "prompts")):
            await pilot.press("ctrl+o")
            await pilot.press(letter)
            await until(pilot, lambda pane=pane: app.focused and app.focused.id == pane)


@pytest.mark.anyio
async def test_zoom_gives_the_focused_pane_the_screen_and_takes_it_back(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("tab", "tab", "z")
        await until(pilot, lambda: app.screen.maximized and app.screen.maximized.id == "text")
        await until(pilot, lambda: app.screen.maximized.size.width > 70)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen.maximized is None)


@pytest.mark.anyio
@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=["small", "large"])
@pytest.mark.parametrize(
    ("mode", "focus", "pane", "frame"),
    [
        ("f2", "#versions", "versions-pane", "versions 2"),
        ("3", "#run-list", "runs", "Runs"),
        ("6", "#dataset-list", "dataset-pane", "Cases"),
        ("f9", "#live", "live-pane", "live"),
    ],
)
async def test_a_zoomed_pane_leaves_tabs_status_and_footer_in_sight(
    workspace: Workspace, size: tuple[int, int], mode: str, focus: str, pane: str, frame: str
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=size) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press(mode)
        await settled(pilot)
        before = screen_text(app).splitlines()
        app.screen.query_one(focus).focus()
        await pilot.press("z")
        await until(pilot, lambda: app.screen.maximized and app.screen.maximized.id == pane)
        await settled(pilot)
        lines = screen_text(app).splitlines()
        assert lines[0] == before[0]
        assert lines[-2] == before[-2]
        assert "^p Cmd" in lines[-1]
        assert frame in lines[1]
        assert lines[-3].startswith("╰")
        assert app.screen.maximized
        assert app.screen.maximized.size.height == size[1] - 5


@pytest.mark.anyio
async def test_every_command_that_is_offered_has_an_action(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        offered = {command.action.id for command in available(app.screen)}
        for wanted in ("app.help", "prompts.edit", "list.down", "app.export", "app.trust"):
            assert wanted in offered


@pytest.mark.anyio
async def test_the_palette_goes_to_a_prompt_by_name(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f9")
        await until_shown(pilot, "first release")
        await pilot.press("ctrl+p")
        await pilot.press(*"go to: support")
        await until_shown(pilot, "go to: support_triage")
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "prompts")


@pytest.mark.anyio
async def test_a_version_is_compared_with_the_baseline_that_was_chosen(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("enter", "down")
        await until(pilot, lambda: app.selection.version == "1.0.1")
        await pilot.press("equals_sign")
        await until_shown(pilot, "support_triage@1.0.1 is the baseline")
        await pilot.press("down")
        await until(pilot, lambda: app.selection.version == "1.0.0")
        await pilot.press("c")
        await until(pilot, lambda: app.current_mode == "compare")
        assert app.selection.compare_a == "support_triage@1.0.1"
        assert app.selection.compare_b == "support_triage@1.0.0"


@pytest.mark.anyio
async def test_a_provider_that_was_not_trusted_asks_for_trust(workspace: Workspace) -> None:
    toml = workspace.root / "workbench.toml"
    registry = '[model_registries.models]\nkind = "mlflow"\nuri = "https://pins.example"\n'
    toml.write_text(toml.read_text().replace("127.0.0.1", "models.example") + registry)
    app = WorkbenchApp(open_workspace(workspace.root))
    async with app.run_test(size=(100, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("f3")
        await until_shown(pilot, "expected (not sent): billing")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "Trust this workspace?", "models.example", "pins.example")
        await pilot.press("escape")
        await pilot.press("ctrl+t")
        await until_shown(pilot, "Trust this workspace?")
        await until_it_takes_keys(pilot)
        await pilot.press("y")
        await until_shown(pilot, "trusted: try or run again")
