"""A file chosen from the folders on the disk, by typing its path or from a list."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, OptionList

from workbench.tui.context.app_context import AppContext
from workbench.tui.widgets.option_lists import PlainOptions
from workbench.tui.widgets.plain_input import PlainInput

MOST_FILES = 500


class FileChoice(Vertical):
    """A field for a path, and what is in that folder: enter opens a folder and picks a file."""

    DEFAULT_CSS: ClassVar[str] = """
    FileChoice { height: auto; }
    FileChoice > PlainOptions { height: 7; max-height: 7; border: round $border; }
    FileChoice > PlainOptions:focus { border: round $accent; }
    FileChoice.-tall > PlainOptions { height: 12; max-height: 12; }
    """
    app = getters.app(AppContext)

    class Picked(Message):
        """This file is meant."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    def __init__(self, suffixes: Collection[str], value: str = "", **more: Any) -> None:
        super().__init__(**more)
        self._suffixes = suffixes
        self._value = value
        self._entries: tuple[Path, ...] = ()

    def compose(self) -> ComposeResult:
        hint = f"a path: {', '.join(sorted(self._suffixes))}"
        yield PlainInput(self._value, placeholder=hint, compact=True, id="path")
        yield PlainOptions(id="files")

    def on_mount(self) -> None:
        self._look()

    @property
    def path(self) -> Path:
        """What is typed, from the workspace's folder."""
        typed = self.query_one("#path", Input).value.strip().strip("'\"")
        return self.app.workspace.root / Path(typed).expanduser()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._look()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        if self.path.is_file():
            self.post_message(self.Picked(self.path))
        else:
            self._take(self.query_one(PlainOptions).highlighted)

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self._take(message.option_index)

    def _take(self, at: int | None) -> None:
        if at is None or at >= len(self._entries):
            return
        path = self._entries[at]
        field = self.query_one("#path", Input)
        root = self.app.workspace.root
        shown = os.path.relpath(path, root) if path.is_relative_to(root) else str(path)
        is_folder = path.is_dir()
        with self.prevent(Input.Changed):
            field.value = f"{shown}/" if is_folder else shown
            field.cursor_position = len(field.value)
        if is_folder:
            self._look()
        else:
            self.post_message(self.Picked(path))

    def _look(self) -> None:
        typed = self.query_one("#path", Input).value.strip()
        is_folder = not typed or typed.endswith(("/", "..")) or typed == "~"
        path, suffixes = self.path, self._suffixes

        def read(_session: object) -> tuple[Path, ...]:
            folder, start = (path, "") if is_folder else (path.parent, path.name)
            return _listed(folder, start, suffixes)

        self.app.in_thread(read, done=self._show, group="files")

    def _show(self, entries: tuple[Path, ...]) -> None:
        if not self.is_attached:
            return
        self._entries = entries
        self.query_one(PlainOptions).show(
            [
                (str(at), path.name, "folder" if is_folder else "")
                for at, path in enumerate(entries)
                for is_folder in (path.is_dir(),)
            ]
        )


def _listed(folder: Path, start: str, suffixes: Collection[str]) -> tuple[Path, ...]:
    """The files of these suffixes in a folder, then its folders; those whose names begin so."""
    try:
        names = sorted(os.scandir(folder), key=lambda one: one.name.lower())
    except OSError:
        return ()
    wanted = [one for one in names if one.name.startswith(start) and not one.name.startswith(".")]
    files = [one for one in wanted if one.is_file() and Path(one.name).suffix.lower() in suffixes]
    folders = [one for one in wanted if one.is_dir()]
    return tuple(Path(one.path) for one in [*files, *folders])[:MOST_FILES]
