"""No data reaches a widget that parses markup, and themes can be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from tests.support.screens import screen_text, until_shown
from workbench.errors import SettingsError
from workbench.tui.app import WorkbenchApp
from workbench.tui.terminal import themes
from workbench.tui.terminal.safe_filter import SafeFilter
from workbench.tui.widgets.prompt_text import prompt_text
from workbench.tui.widgets.text import PlainStatic, notify_plain, plain, plain_block
from workbench.workspace import Workspace, open_workspace

TUI = Path(__file__).parents[2] / "workbench" / "tui"
FILES = sorted(TUI.rglob("*.py"))
BANNED = {"Static", "Label", "Markdown", "DataTable", "Select", "Tree", "RichLog", "Link"}
"""Widgets that parse markup in a str, or open links."""
HOME = TUI / "widgets" / "text.py"


@pytest.fixture(scope="module")
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text()) for path in FILES}


def test_only_one_module_touches_widgets_that_parse_markup(trees: dict[Path, ast.Module]) -> None:
    wrong = []
    for path, tree in trees.items():
        for node in () if path == HOME else ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (banned := _banned(node)):
                wrong.append(f"{path}:{node.lineno}: use workbench.tui.widgets.text: {banned}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr == "notify":
                    wrong.append(f"{path}:{node.lineno}: use notify_plain or tell")
                if node.func.attr in ("from_markup", "open_url"):
                    wrong.append(f"{path}:{node.lineno}: {node.func.attr}")
    assert wrong == []


def test_titles_and_tooltips_are_content_never_text(trees: dict[Path, ast.Module]) -> None:
    wrong = [
        f"{path}:{node.lineno}: {target.attr} = plain(...)"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute)
        and target.attr in ("border_title", "border_subtitle", "tooltip")
        and not (isinstance(node.value, ast.Call) and _is_content(node.value))
    ]
    assert wrong == []


def _banned(node: ast.ImportFrom) -> set[str]:
    of_widgets = (node.module or "").startswith("textual.widgets")
    return {alias.name for alias in node.names} & BANNED if of_widgets else set()


def _is_content(call: ast.Call) -> bool:
    name = getattr(call.func, "id", "")
    constant = all(isinstance(argument, ast.Constant) for argument in call.args)
    return name.startswith("plain") or (name == "Content" and constant)


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("[]/@\x1b\x9b\x07\u202e\n\t\\'\"(=)"), st.characters(codec="utf-8")
    ),
    max_size=60,
)


@given(HOSTILE)
def test_any_text_becomes_content_without_a_forbidden_character(text: str) -> None:
    for content in (plain(text), plain_block(text), prompt_text(text)):
        assert not any(ord(char) < 32 and char != "\n" for char in content.plain)
        assert not any(0x7F <= ord(char) < 0xA0 for char in content.plain)
        assert not content.spans or content.markup


@given(HOSTILE)
def test_the_last_filter_lets_nothing_through(text: str) -> None:
    segments = SafeFilter().apply([Segment(text)], Color(0, 0, 0))
    shown = "".join(segment.text for segment in segments)
    assert len(shown) == len(text)
    assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in shown)


@pytest.mark.anyio
async def test_markup_in_data_is_shown_as_it_is(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 30)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        text = "[/INST] [@click=app.quit]x[/] [red]y"
        await app.screen.mount(PlainStatic(text, id="hostile"))
        app.tell(text)
        notify_plain(app, text, title=text)
        shown = await until_shown(pilot, text)
        assert shown.count("[@click=app.quit]x[/]") >= 2


@pytest.mark.parametrize("theme", themes.OURS, ids=lambda theme: theme.name)
def test_our_themes_can_be_read(theme: themes.Theme) -> None:
    """WCAG contrast of at least 4.5 for text, 3 for what only frames it."""
    colours = theme.to_color_system().generate()
    for background in ("background", "surface", "panel"):
        behind = Color.parse(colours[background])
        for name in ("foreground", "text-error", "text-success", "text-warning", "text-accent"):
            if name not in colours or "auto" in colours[name]:
                continue
            assert contrast(Color.parse(colours[name]), behind) >= 4.5, (name, background)
    assert contrast(Color.parse(theme.variables["border"]), Color.parse(theme.background)) >= 2.0
    cursor = theme.variables
    assert (
        contrast(
            Color.parse(cursor["block-cursor-foreground"]),
            Color.parse(cursor["block-cursor-background"]),
        )
        >= 4.5
    )


def contrast(a: Color, b: Color) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize(
    ("wanted", "environ", "theme"),
    [
        ("", {}, "workbench-dark"),
        ("", {"COLORFGBG": "0;15"}, "workbench-light"),
        ("light", {}, "workbench-light"),
        ("nord", {"COLORFGBG": "0;15"}, "nord"),
        ("nord", {"NO_COLOR": "1"}, "ansi-dark"),
        ("", {"TERM": "vt100"}, "ansi-dark"),
        ("auto", {"NO_COLOR": ""}, "workbench-dark"),
    ],
)
def test_the_terminal_decides_the_theme_unless_the_user_did(
    wanted: str, environ: dict[str, str], theme: str
) -> None:
    assert themes.choose(wanted, environ) == theme


def test_an_unknown_theme_is_an_error_with_the_nearest(workspace: Workspace) -> None:
    toml = workspace.root / "workbench.toml"
    toml.write_text(toml.read_text().replace("[workspace]", '[workspace]\ntheme = "nrod"'))
    with pytest.raises(SettingsError, match="did you mean 'nord'"):
        WorkbenchApp(open_workspace(workspace.root))


@pytest.mark.exhaustive
@pytest.mark.anyio
async def test_a_theme_is_tried_and_given_up_with_escape(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "= 1.0.1")
        app.action_themes()
        await until_shown(pilot, "esc goes back")
        await pilot.press("down", "down")
        await until_shown(pilot, "> workbench-light")
        assert app.theme == "workbench-light"
        await pilot.press("escape")
        assert app.theme == "workbench-dark"
        assert "Themes" not in screen_text(app)


@pytest.mark.exhaustive
@pytest.mark.anyio
async def test_a_chosen_theme_is_used_the_next_time_and_can_be_reset(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    told = app.theme
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        app.action_themes()
        await until_shown(pilot, "> auto")
        await pilot.press("j", "j")
        await until_shown(pilot, "> workbench-light")
        await pilot.press("enter")
        await until_shown(pilot, "workbench-light from now on, for you in this workspace")
    again = WorkbenchApp(workspace)
    assert (told, again.theme) == ("workbench-dark", "workbench-light")
    async with again.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        again.action_themes()
        await until_shown(pilot, "> workbench-light")
        await pilot.press("g", "enter")
        await until_shown(pilot, "auto from now on")
        assert again.theme == told
    assert WorkbenchApp(workspace).theme == told
    (workspace.state / "theme").write_text("nonsense\x1b[31m")
    assert WorkbenchApp(workspace).theme == told
