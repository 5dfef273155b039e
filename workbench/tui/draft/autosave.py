"""Keeps the editor's text and the draft's file in step."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.tui.context.file_worker import FileWorker
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.services.drafts import DraftChanged, DraftFile, rescue
from workbench.tui.widgets.text import plain

if TYPE_CHECKING:
    from textual.timer import Timer

    from workbench.tui.base.screen import ModeScreen

SAVE_S = 1.0
LOOK_S = 2.0


class Autosave:
    """Saves one second after the last key, detects external changes, asks when both changed."""

    def __init__(self, screen: ModeScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._looking: Timer | None = None
        self._asking = False
        self._is_ending = False
        self._problem = ""
        """Why the last save failed."""
        self.file: DraftFile | None = None
        """None: no draft is open."""

    def start(self) -> None:
        """Start polling the file."""
        self._looking = self._screen.set_interval(LOOK_S, self.look)

    def pause(self) -> None:
        if self._looking:
            self._looking.pause()

    def resume(self) -> None:
        """Check the file now: it may have changed while it was not polled."""
        if self._looking:
            self._looking.resume()
            self.look()

    def open(self, path: Path, text: str) -> bool:
        """Track this file from now on; False if it is tracked already."""
        if self.file is not None and self.file.path == path:
            return False
        self.file = DraftFile(path, text)
        return True

    @property
    def is_saved(self) -> bool:
        return self.file is None or self._editor.text == self.file.known

    def touched(self) -> None:
        """The text changed: save after a pause in typing."""
        if self._timer:
            self._timer.stop()
        self._timer = self._screen.set_timer(SAVE_S, self.save)

    def save(self) -> None:
        """Queue a write; threads that read drafts wait for it."""
        if self._timer:
            self._timer.stop()
            self._timer = None
        if self.file is not None:
            self.file.wanted = self._editor.text
            if self.file.wanted != self.file.known:
                self._give(self.file)

    async def saved(self) -> bool:
        """Write and wait; False if that failed or the user must decide first."""
        self.save()
        file = self.file
        wanted = file.wanted if file else ""
        await self._file_worker.finished()
        # More may have been typed and saved meanwhile.
        return file is None or file.known in (wanted, file.wanted)

    def finish(self) -> str:
        """Write the draft before the app ends, without asking.

        A text that cannot be written to the draft goes to the workspace's state folder. Returns a
        sentence about that; empty: the draft is saved.
        """
        self._is_ending = True
        file = self.file
        self.save()
        self._file_worker.finish()
        if file is None or self.is_saved:
            return ""
        problem = f"{file.path.name} was not saved: {self._problem}"
        try:
            kept = rescue(self._screen.app.workspace.state, file.path, file.wanted)
        except WorkbenchError as error:
            return f"{problem}\nand your text could not be saved elsewhere: {error}"
        file.known = file.wanted
        return f"{problem}\nyour text is in\n{kept}"

    def look(self) -> None:
        """Whether another program wrote the file."""
        file = self.file
        if file is None or self._asking or self._file_worker.is_busy:
            return
        if self._screen.app.screen is self._screen:
            self._file_worker.submit(file.outside, lambda future: self._looked(file, future))

    def take(self, theirs: str) -> None:
        """Show what another program wrote, as one edit."""
        if self.file is not None:
            self.file.known = self.file.wanted = theirs
            self._editor.swap_text(theirs)

    def _give(self, file: DraftFile) -> None:
        self._file_worker.submit(file.save, lambda future: self._written(file, future))

    def _written(self, file: DraftFile, future: Future[None]) -> None:
        try:
            future.result()
        except DraftChanged as changed:
            self._problem = changed.message
            self._ask_which(file, changed.theirs)
        except (OSError, WorkbenchError) as error:
            self._problem = str(error)
            self._screen.app.tell(f"not saved: {error}", error=True)
        else:
            if file is self.file and self.is_saved:
                self._say(f"autosaved {datetime.now().astimezone():%H:%M:%S}")

    def _looked(self, file: DraftFile, future: Future[str | None]) -> None:
        # A write queued meanwhile checks for itself.
        if file is not self.file or self._asking or self._file_worker.is_busy:
            return
        try:
            theirs = future.result()
        except (OSError, WorkbenchError) as error:
            self._screen.app.tell(str(error), error=True)
            return
        if theirs is None or theirs == file.known:
            return
        if not self.is_saved and self._editor.text != theirs:
            self._ask_which(file, theirs)
            return
        self.take(theirs)
        self._say("read again: it was changed outside")
        message = "the file was changed outside and read again; ctrl+z takes it back"
        self._screen.app.tell(message)

    def _ask_which(self, file: DraftFile, theirs: str) -> None:
        if self._asking or self._is_ending:
            return
        self._asking = True
        from workbench.tui.dialogs.changed_outside import ChangedOutside

        mine = self._editor.text if file is self.file else file.wanted
        dialog = ChangedOutside(mine, theirs)
        self._screen.app.push_screen(dialog, lambda keep: self._chosen(keep, file, theirs))

    def _chosen(self, keep: bool | None, file: DraftFile, theirs: str) -> None:
        self._asking = False
        if keep:
            file.known = theirs
            if file is self.file:
                self.save()
            else:
                self._give(file)
        elif keep is not None and file is self.file:
            self.take(theirs)

    @property
    def _file_worker(self) -> FileWorker:
        return self._screen.app.file_worker

    @property
    def _editor(self) -> PromptEditor:
        return self._screen.query_one(PromptEditor)

    def _say(self, text: str) -> None:
        self._editor.border_subtitle = plain(text)
