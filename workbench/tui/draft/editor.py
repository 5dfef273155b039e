"""Runs the user's $EDITOR without blocking the event loop: runs continue meanwhile."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import SuspendNotSupported

from workbench.errors import UsageError, WorkbenchError

if TYPE_CHECKING:
    from textual.app import App

    from workbench.tui.context.app_context import AppContext
    from workbench.tui.draft.autosave import Autosave


def editor_command() -> list[str]:
    """$VISUAL, else $EDITOR, else the first of the usual ones. Raises UsageError."""
    for name in ("VISUAL", "EDITOR"):
        wanted = os.environ.get(name, "").strip()
        if wanted:
            try:
                command = shlex.split(wanted)
            except ValueError as error:
                raise UsageError(f"${name} is no command: {error}") from error
            if not command or not shutil.which(command[0]):
                raise UsageError(f"${name} names {wanted!r}, which is not installed")
            return command
    for usual in ("sensible-editor", "nano", "vi"):
        if shutil.which(usual):
            return [usual]
    raise UsageError("no editor found", hint="export EDITOR=nano")


async def edit_outside(app: AppContext, autosave: Autosave) -> None:
    """Open the draft's file in $EDITOR; its changes become one edit of the screen's text."""
    if autosave.file is None:
        return
    try:
        code = await edit_file(app, autosave.file.path)
    except WorkbenchError as error:
        app.tell(str(error), error=True)
        return
    theirs = autosave.file.outside()
    if theirs is not None:
        autosave.take(theirs)
    state = "changed" if theirs is not None else "unchanged"
    app.tell(f"back from the editor, {state}" + (f" (exit {code})" if code else ""))


async def edit_file(app: App[Any], path: Path) -> int:
    """Open the file in the user's editor and wait for it; returns its exit code.

    The child is awaited, so timers and the active run go on; painting is suspended until the
    editor exits. Raises UsageError without an editor or without a terminal of our own.
    """
    command = [*editor_command(), str(path)]
    try:
        with app.batch_update(), app.suspend():
            child = await asyncio.create_subprocess_exec(*command)
            return await child.wait()
    except SuspendNotSupported as error:
        raise UsageError("an outside editor needs a terminal of its own") from error
    except OSError as error:
        raise UsageError(f"{command[0]}: {error.strerror}") from error
