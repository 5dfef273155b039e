"""What was typed into a dialog outlasts ESC, a crash, a kill and a full disk."""

from __future__ import annotations

import ast
import os
import signal
import sys
from pathlib import Path

import pytest
from textual.widgets import Input

import workbench.tui
from tests.support.screens import settled, until, until_shown
from tests.support.walker import Walker
from workbench.actions.session import Session
from workbench.actions.workspace.init import create_workspace
from workbench.tui.app import WorkbenchApp
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.services.unfinished import FOLDER
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio
SMALL = (80, 24)
TYPED_ANEW = {
    "PickRef": "a filter",
    "ChoiceList": "a filter",
    "Help": "a filter",
    "NewPrompt": "one name",
    "NewVariant": "one name",
    "ImportFile": "one name",
    "PickModel": "one name",
    "ChooseFile": "one path",
    "PickInputs": "one path",
}
"""Dialogs with a field whose text is not kept, and why."""


async def test_a_reason_is_there_again_after_escape_and_gone_once_it_was_given(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("tab", "j", "V")
        await until_shown(pilot, "Revoke support_triage@1.0.1")
        await pilot.press(*"it leaks", "escape")
        await until_shown(pilot, "[1 Prompts]", "versions 2")
        await pilot.press("V")
        await until_shown(pilot, "what you typed here before is here again", "it leaks")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "is revoked")
        await settled(pilot)
    assert not list((workspace.state / FOLDER).iterdir())
    with Session(workspace) as session:
        assert session.registry.get_version("support_triage", "1.0.1").revoked


async def test_each_subject_has_a_text_of_its_own(workspace: Workspace) -> None:
    class Reason(KeptDialog[bool]):
        kept_as = "test"
        first_field = "#why"

        def __init__(self, about: str) -> None:
            super().__init__("Why", "Do it", about=about)

        def body(self) -> list[Input]:  # type: ignore[override]
            return [Input(id="why")]

    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        for about, typed in (("a@1", "one"), ("b@2", "two")):
            await app.push_screen(Reason(about))
            await pilot.press(*typed, "escape")
            await settled(pilot)
        for about, typed in (("a@1", "one"), ("b@2", "two"), ("c@3", "")):
            dialog = Reason(about)
            await app.push_screen(dialog)
            await until(pilot, lambda d=dialog: d.query_one(Input).has_focus)
            assert dialog.query_one(Input).value == typed
            await pilot.press("escape")


async def test_what_a_full_disk_does_not_take_is_held_and_printed_at_the_end(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (workspace.state / FOLDER).write_text("in the way")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=SMALL) as pilot:
        await until_shown(pilot, "= 1.0.1")
        await pilot.press("tab", "j", "V")
        await until_shown(pilot, "Revoke support_triage@1.0.1")
        await pilot.press(*"it leaks", "escape")
        await until_shown(pilot, "what you type here is not kept")
        await pilot.press("V")
        await until_shown(pilot, "it leaks")
        await pilot.press("escape", "ctrl+q")
        await settled(pilot)
    # Where the lines break depends on the length of the file's name.
    printed = " ".join(capsys.readouterr().err.split())
    assert "could not be written; you had typed: reason: it leaks" in printed


def test_a_killed_program_finds_what_was_typed_into_it(tmp_path: Path) -> None:
    workspace = create_workspace(tmp_path / "mine", with_draft=False)
    environ = os.environ | {"WORKBENCH_CONFIG": str(tmp_path), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "workbench"]
    kept = workspace.state / FOLDER / "prompt.json"

    def begun() -> Walker:
        person = Walker(command, cwd=workspace.root, size=SMALL, environ=environ)
        person.sees("Begin with:", "pasted text…")
        person.press("n")
        person.sees("New prompt · enter chooses")
        person.press(*["down"] * 5, "enter")
        person.sees("New prompt from a text")
        return person

    with begun() as person:
        person.type("Sort {{ ticket }}")
        person.sees("inputs: ticket")
        while not (kept.is_file() and "ticket }}" in kept.read_text()):
            person.read_some()
        person.kill(signal.SIGKILL)
        assert person.wait_for_end() == -signal.SIGKILL
    with begun() as person:
        person.sees(
            "Sort {{ ticket }}", "inputs: ticket", "what you typed here before is here again"
        )


def test_every_dialog_with_more_than_a_word_to_type_keeps_it() -> None:
    fields = {"field", "ValueArea", "PlainInput", "RowsArea", "FileChoice"}
    classes = {
        node.name: node
        for path in Path(workbench.tui.__path__[0]).rglob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
    }
    loses = set()
    for name, node in classes.items():
        calls = {
            call.func.id
            for call in ast.walk(node)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        bases = _bases(name, classes)
        if fields & calls and "Dialog" in bases and "KeptDialog" not in bases:
            loses.add(name)
    assert loses <= set(TYPED_ANEW), loses - set(TYPED_ANEW)


def _bases(name: str, classes: dict[str, ast.ClassDef]) -> set[str]:
    """The names of all classes behind this one."""
    names = set()
    for base in classes[name].bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(named, ast.Name):
            names |= {named.id} | (_bases(named.id, classes) if named.id in classes else set())
    return names
