"""`workbench` alone, where there is no workspace yet."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.pty_session import Terminal

ARGV = [sys.executable, "-m", "workbench"]
QUESTION = "Make one here?"


def environ(tmp_path: Path) -> dict[str, str]:
    home = {name: str(tmp_path / "home") for name in ("WORKBENCH_CONFIG", "WORKBENCH_STATE")}
    return {**os.environ, **home, "PYTHONPATH": str(Path.cwd()), "TERM": "xterm-256color"}


def test_an_empty_folder_becomes_a_workspace_if_its_user_wants(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    folder.mkdir()
    with Terminal([*ARGV, "--workspace", str(folder)], environ(tmp_path)) as terminal:
        terminal.wait_for(QUESTION)
        terminal.press("enter")
        terminal.wait_for("Prompts")
    assert (folder / "workbench.toml").is_file()
    assert not list(folder.glob("prompts/*"))


@pytest.mark.parametrize(("files", "keys"), [((), ("n", "enter")), (("notes.txt",), ())])
def test_nothing_is_made_that_was_not_wanted(
    tmp_path: Path, files: tuple[str, ...], keys: tuple[str, ...]
) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    for name in files:
        (folder / name).write_text("mine")
    with Terminal([*ARGV, "--workspace", str(folder)], environ(tmp_path)) as terminal:
        if keys:
            terminal.wait_for(QUESTION)
            terminal.press(*keys)
        terminal.wait_for("workbench init makes a works")
    assert sorted(path.name for path in folder.iterdir()) == sorted(files)
    assert (QUESTION.encode() in terminal.seen) is bool(keys)
