"""Drafts are written beside the loop: typing waits for no disk, and no text is lost."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.screens import until, until_it_takes_keys, until_shown
from tests.support.terminal import Terminal
from tests.tui.terminal.test_terminal import CTRL_Q, ROOT, draft_of, edit_the_draft, open_tui
from workbench.errors import UsageError
from workbench.files import write_atomically
from workbench.tui.app import WorkbenchApp
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.draft.screen import DraftScreen
from workbench.workspace import Workspace

pytestmark = pytest.mark.exhaustive

WIDE = (160, 36)
WAIT_S = 120.0
"""For a gate that the test opens."""
in_the_app = pytest.mark.anyio


class Disk:
    """The disk that drafts are written to: slow while `gate` is closed, full while `is_full`."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.written: list[str] = []
        self.is_full = False

    def write(self, path: Path, content: str) -> None:
        self.begun.set()
        assert self.gate.wait(WAIT_S)
        if self.is_full:
            raise UsageError(f"cannot write {path}: No space left on device")
        write_atomically(path, content)
        self.written.append(content)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr("workbench.tui.services.drafts.write_atomically", disk.write)
    return disk


async def open_editor(pilot: Pilot[int]) -> PromptEditor:
    await until_shown(pilot, "= 1.0.1")
    await pilot.press("f3")
    await until_shown(pilot, "expected (not sent): billing")
    editor = pilot.app.screen.query_one(PromptEditor)
    await until(pilot, lambda: editor.has_focus)
    return editor


def subtitle(editor: PromptEditor) -> str:
    return str(editor.border_subtitle)


@in_the_app
async def test_typing_goes_on_while_the_disk_is_slow(workspace: Workspace, disk: Disk) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_editor(pilot)
        before = draft_of(workspace).read_text()
        disk.gate.clear()
        await pilot.press(*"first ")
        await until(pilot, disk.begun.is_set)
        await pilot.press(*"second ")
        await until_shown(pilot, "first second ", "not saved yet")
        assert draft_of(workspace).read_text() == before
        disk.gate.set()
        await until(pilot, lambda: "autosaved" in subtitle(editor))
        assert draft_of(workspace).read_text() == editor.text
        assert "first second " in editor.text


@in_the_app
async def test_no_older_text_is_written_after_a_newer_one(workspace: Workspace, disk: Disk) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_editor(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, DraftScreen)
        disk.gate.clear()
        texts = []
        for number in range(8):
            editor.insert(f"{number} ")
            texts.append(editor.text)
            screen.autosave.save()
        disk.gate.set()
        assert await screen.autosave.saved()
        assert disk.written[-1] == texts[-1] == draft_of(workspace).read_text()
        places = [texts.index(written) for written in disk.written]
        assert places == sorted(set(places)), "each text once, in the order in which it was typed"
        assert len(places) <= 2, "what is stale when its turn comes is left out"


@in_the_app
@pytest.mark.parametrize("seed", range(3))
async def test_saves_at_any_moment_end_with_what_was_typed_last(
    workspace: Workspace, disk: Disk, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    pauses = [chance.random() / 100 for _ in range(40)]

    def slow(path: Path, content: str) -> None:
        time.sleep(pauses[len(disk.written)])
        disk.write(path, content)

    monkeypatch.setattr("workbench.tui.services.drafts.write_atomically", slow)
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_editor(pilot)
        autosave = pilot.app.screen.autosave
        for number in range(20):
            editor.insert(chance.choice("abc "))
            if chance.random() < 0.7:
                autosave.save()
            if chance.random() < 0.3:
                autosave.look()
            if number % 5 == 0:
                await pilot.pause(0.01)
        last = editor.text
        assert autosave.finish() == ""
        assert draft_of(workspace).read_text() == last
        assert pilot.app.screen.id == editor.screen.id, "nobody was asked which text stays"


@in_the_app
async def test_quitting_waits_for_the_last_write(workspace: Workspace, disk: Disk) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=WIDE) as pilot:
        await open_editor(pilot)
        disk.gate.clear()
        await pilot.press(*"first ")
        await until(pilot, disk.begun.is_set)
        await pilot.press(*"last ")
        threading.Timer(0.3, disk.gate.set).start()
        await pilot.press("ctrl+q")
        await until(pilot, lambda: not app.is_running)
    assert "first last " in draft_of(workspace).read_text()


@in_the_app
async def test_a_failed_write_is_shown_and_tried_again_with_the_next_key(
    workspace: Workspace, disk: Disk
) -> None:
    async with WorkbenchApp(workspace).run_test(size=WIDE) as pilot:
        editor = await open_editor(pilot)
        disk.is_full = True
        await pilot.press(*"one ")
        await until_shown(pilot, "! not saved: cannot write", "No space left on device")
        assert "not saved yet" in subtitle(editor)
        disk.is_full = False
        await pilot.press(*"two ")
        await until(pilot, lambda: "one two " in draft_of(workspace).read_text())
        await until(pilot, lambda: "autosaved" in subtitle(editor))


@in_the_app
async def test_threads_that_read_drafts_see_what_was_typed_before(
    workspace: Workspace, disk: Disk
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=WIDE) as pilot:
        await open_editor(pilot)
        disk.gate.clear()
        await pilot.press(*"mine ")
        await pilot.press("f2")
        await until(pilot, disk.begun.is_set)
        read: list[str] = []
        app.in_thread(lambda _bench: draft_of(workspace).read_text(), done=read.append)
        await pilot.pause(0.1)
        assert not read
        disk.gate.set()
        await until(pilot, lambda: read)
        assert "mine " in read[0]


@in_the_app
async def test_a_draft_that_is_left_and_opened_again_shows_what_was_typed(
    workspace: Workspace, disk: Disk
) -> None:
    other = draft_of(workspace).with_name("z_other.prompty")
    other.write_text(draft_of(workspace).read_text().replace("support_triage", "z_other"))
    app = WorkbenchApp(workspace)
    async with app.run_test(size=WIDE) as pilot:
        editor = await open_editor(pilot)
        disk.gate.clear()
        await pilot.press(*"kept ")
        app.select(prompt_id="z_other", version=None)
        await until(pilot, disk.begun.is_set)
        app.select(prompt_id="support_triage", version=None)
        disk.gate.set()
        await until(pilot, lambda: "kept " in editor.text and "z_other" not in editor.text)
    assert "kept " in draft_of(workspace).read_text()
    assert "kept " not in other.read_text()


@in_the_app
async def test_a_conflict_in_a_draft_that_was_left_is_about_that_draft(
    workspace: Workspace, disk: Disk
) -> None:
    other = draft_of(workspace).with_name("z_other.prompty")
    other.write_text(draft_of(workspace).read_text().replace("support_triage", "z_other"))
    theirs = draft_of(workspace).read_text().replace("exactly", "precisely")
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(120, 36)) as pilot:
        editor = await open_editor(pilot)
        await pilot.press(*"mine ")
        draft_of(workspace).write_text(theirs)
        app.select(prompt_id="z_other", version=None)
        await until_shown(pilot, "m keeps yours", "precisely")
        await until_it_takes_keys(pilot)
        await pilot.press("m")
        await until(pilot, lambda: "mine " in draft_of(workspace).read_text())
        await until(pilot, lambda: "name: z_other" in editor.text)
    assert "mine " not in other.read_text()


SLOW = """
import os, sys, time
from pathlib import Path
from workbench.tui.app import WorkbenchApp
from workbench.workspace import open_workspace
real = os.fsync
def slow(handle):
    Path(sys.argv[2]).touch()
    time.sleep(0.3)
    real(handle)
os.fsync = slow
class Crashing(WorkbenchApp):
    def action_help(self):
        raise RuntimeError('a bug')
app = Crashing(open_workspace(Path(sys.argv[1])))
app.run()
sys.exit(app.return_code)
"""


def open_slow(workspace: Workspace, begun: Path) -> Terminal:
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "PYTHONPATH": ROOT}
    command = [sys.executable, "-c", SLOW, str(workspace.root), str(begun)]
    return Terminal(command, cwd=ROOT, environ=environ)


@pytest.mark.parametrize("ending", ["SIGTERM", "SIGHUP", "quit", "crash"])
def test_a_slow_disk_loses_nothing_however_the_app_ends(
    workspace: Workspace, tmp_path: Path, ending: str
) -> None:
    begun = tmp_path / "begun"
    with open_slow(workspace, begun) as terminal:
        edit_the_draft(terminal, "first ")
        deadline = time.monotonic() + 60
        while not begun.exists() and time.monotonic() < deadline:
            terminal._read(0.02)
        at = len(terminal.output)
        terminal.paste("latter ")
        terminal.wait_for("latter", after=at)
        if ending.startswith("SIG"):
            terminal.kill(signal.Signals[ending])
        else:
            terminal.send(CTRL_Q if ending == "quit" else "\x1bOP")
        code = terminal.wait_for_end()
    assert code == {"SIGTERM": 143, "SIGHUP": 129, "quit": 0, "crash": 1}[ending]
    assert "first latter " in draft_of(workspace).read_text()


def test_a_text_that_cannot_be_saved_at_the_end_is_rescued(workspace: Workspace) -> None:
    with open_tui(workspace, autosaves=False) as terminal:
        edit_the_draft(terminal, "mine")
        draft_of(workspace).write_text("theirs")
        terminal.send(CTRL_Q)
        terminal.wait_for_end()
        assert b"your text is in" in terminal.output.replace(b"\r\n", b" ")
    assert draft_of(workspace).read_text() == "theirs"
    (kept,) = (workspace.state / "unsaved").iterdir()
    assert "mine" in kept.read_text()
