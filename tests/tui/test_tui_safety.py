"""No data reaches a widget that parses markup, and themes can be read."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual.color import Color

from tests.support.screens import until_shown
from workbench.tui.app import WorkbenchApp
from workbench.tui.terminal.safe_filter import SafeFilter
from workbench.tui.widgets.prompt_text import prompt_text
from workbench.tui.widgets.text import PlainStatic, plain, plain_block
from workbench.workspace import Workspace

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
                    wrong.append(f"{path}:{node.lineno}: use tell")
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
        shown = await until_shown(pilot, text)
        assert shown.count("[@click=app.quit]x[/]") >= 2
