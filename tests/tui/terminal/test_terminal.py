"""The program in a real terminal: signals, the user's editor, colours, hostile text, crashes."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from workbench.workspace import Workspace

pytestmark = pytest.mark.exhaustive

ROOT = str(Path(__file__).parents[3])
LEFT_ALTERNATE_SCREEN = b"\x1b[?1049l"
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")
REVERSED = re.compile(rb"\x1b\[(?:[0-9]+;)*7(?:;[0-9]+)*m")
F2, F3, F4, CTRL_Q = "\x1bOQ", "\x1bOR", "\x1bOS", "\x11"


NEVER_AUTOSAVES = (
    "import runpy\n"
    "from workbench.tui.draft import autosave\n"
    "autosave.SAVE_S = autosave.LOOK_S = 3600.0\n"
    "runpy.run_module('workbench.tui', run_name='__main__')\n"
)
"""However long the test takes, what is typed is unsaved when the program ends."""


def open_tui(
    workspace: Workspace,
    *,
    autosaves: bool = True,
    program: Sequence[str] = ("-m", "workbench.tui"),
    **environ: str,
) -> Terminal:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    config = str(workspace.root.parent / "config")
    program = program if autosaves else ("-c", NEVER_AUTOSAVES)
    return Terminal(
        [sys.executable, *program, str(workspace.root)],
        cwd=ROOT,
        environ={
            **kept,
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "WORKBENCH_CONFIG": config,
            **environ,
        },
    )


def draft_of(workspace: Workspace) -> Path:
    return workspace.root / "prompts" / "support_triage.prompty"


def edit_the_draft(terminal: Terminal, text: str) -> None:
    terminal.wait_for("= 1.0.1")
    at = len(terminal.output)
    terminal.send(F3)
    terminal.wait_for("esc leaves the editor", after=at)
    at = len(terminal.output)
    terminal.paste(text)
    terminal.wait_for(text, after=at)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_the_draft_and_restores_the_screen(
    workspace: Workspace, number: signal.Signals
) -> None:
    with open_tui(workspace, autosaves=False) as terminal:
        edit_the_draft(terminal, "hurry")
        terminal.kill(number)
        assert terminal.wait_for_end() == 128 + number
        assert LEFT_ALTERNATE_SCREEN in terminal.output
    assert "hurry" in draft_of(workspace).read_text()


def test_a_closed_terminal_loses_no_draft(workspace: Workspace) -> None:
    with open_tui(workspace, autosaves=False) as terminal:
        edit_the_draft(terminal, "hangup")
        terminal.hang_up()
        terminal.wait_for_end()
    assert "hangup" in draft_of(workspace).read_text()


DETACHED = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
pid = os.fork()
if pid == 0:
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.execv(sys.executable, [sys.executable, "-m", "workbench.tui", *sys.argv[1:]])
os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) % 256)
"""
"""Starts the screens in a session of their own: no signal tells them that the terminal closed."""


def test_a_terminal_that_vanishes_without_a_signal_ends_the_program(workspace: Workspace) -> None:
    with open_tui(workspace, program=("-c", DETACHED)) as terminal:
        terminal.wait_for("= 1.0.1")
        terminal.hang_up()
        terminal.wait_for_end()


def test_the_users_editor_has_the_terminal_for_itself(workspace: Workspace, tmp_path: Path) -> None:
    script = tmp_path / "editor.sh"
    script.write_text('#!/bin/sh\necho BEGIN\nsleep 0.7\necho "from outside" >> "$1"\necho END\n')
    script.chmod(0o755)
    with open_tui(workspace, VISUAL=str(script)) as terminal:
        terminal.wait_for("= 1.0.1")
        terminal.send(F3)
        terminal.wait_for("tries this case")
        terminal.send(F4)
        begin = terminal.wait_for("BEGIN\r\n")
        end = terminal.wait_for("END\r\n")
        assert terminal.output[begin:end] == b"END\r\n"
        terminal.wait_for("from outside", after=end)
        terminal.wait_for("back from the editor, changed", after=end)
        terminal.send(CTRL_Q)
        assert terminal.wait_for_end() == 0
    assert draft_of(workspace).read_text().endswith("from outside\n")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "vt100"}, {"TERM": "dumb"}])
def test_no_colour_is_written_where_none_is_wanted(
    workspace: Workspace, environ: dict[str, str]
) -> None:
    with open_tui(workspace, **environ) as terminal:
        terminal.wait_for("= 1.0.1")
        terminal.send(F3)
        terminal.wait_for("tries this case")
        terminal.send(CTRL_Q)
        terminal.wait_for_end()
        assert not COLOUR.search(terminal.output)
        assert REVERSED.search(terminal.output)


HOSTILE = (
    "a\x1b]52;c;UFdORUQ=\x07b \x1b]0;PWNED\x07c \x1b[2Jd \x9b31me \x1b]8;;http://x\x1b\\f "
    "\u202eg [/INST] [@click=app.quit]h[/] [red]i \x08j"
)
FORBIDDEN = (b"PWNED\x07", b"\x1b]52", b"\x1b]0;", b"\xc2\x9b", b"\x1b]8;;http", b"\xe2\x80\xae")


def test_hostile_text_never_acts_on_the_terminal(workspace: Workspace) -> None:
    draft = draft_of(workspace)
    draft.write_text(draft.read_text() + f"\n{HOSTILE}\n", newline="")
    cases = workspace.root / "evals" / "support_triage" / "cases.jsonl"
    rows = [json.loads(line) for line in cases.read_text().splitlines()]
    for row in rows:
        row["inputs"]["ticket"] = f"Ticket 1 about bug {HOSTILE}"
        row["expected"] = HOSTILE
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with open_tui(workspace) as terminal:
        terminal.wait_for("not registered")
        terminal.send(F3)
        terminal.wait_for("which readers do not")
        terminal.send("\x14")
        terminal.wait_for("t-000 · ok")
        terminal.send("\x1b[1;5F")
        terminal.send(F2)
        terminal.send("\x1bOP")
        terminal.wait_for("type to filter")
        terminal.send(CTRL_Q)
        assert terminal.wait_for_end() == 0
        # What Textual itself writes of these: nothing; the title is never set.
        for bad in FORBIDDEN:
            assert bad not in terminal.output, bad
        assert "␛".encode() in terminal.output


def test_the_crash_screen_shows_no_local_variables(workspace: Workspace, tmp_path: Path) -> None:
    program = tmp_path / "crash.py"
    program.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from workbench.tui.app import WorkbenchApp\n"
        "from workbench.workspace import open_workspace\n"
        "class Crashing(WorkbenchApp):\n"
        "    def action_help(self):\n"
        "        api_key = 'sk-' + 'verysecret'\n"
        "        raise RuntimeError('a bug \\x1b]0;PWNED\\x07')\n"
        "app = Crashing(open_workspace(Path(sys.argv[1])))\n"
        "app.run()\n"
        "sys.exit(app.return_code)\n"
    )
    environ = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "PYTHONPATH": ROOT}
    command = [sys.executable, str(program), str(workspace.root)]
    with Terminal(command, cwd=ROOT, environ=environ) as terminal:
        terminal.wait_for("= 1.0.1")
        terminal.send("\x1bOP")
        assert terminal.wait_for_end() == 1
        assert b"verysecret" not in terminal.output
        assert b"\x1b]0;" not in terminal.output
        assert b"RuntimeError" in terminal.output
        assert b"ran into a bug" in terminal.output
