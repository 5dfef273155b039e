"""Keeps the text in the editor and the draft's file the same, whoever changes either."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.tui.drafts import DraftChanged, DraftFile
from workbench.tui.widgets.prompt_editor import PromptEditor
from workbench.tui.widgets.text import plain

if TYPE_CHECKING:
    from textual.timer import Timer

    from workbench.tui.screens.draft import DraftScreen

SAVE_S = 1.0
LOOK_S = 2.0


class Keeper:
    """Saves a second after the last key; sees other programs' changes; asks when both changed."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._looking: Timer | None = None
        self._asking = False
        self.file: DraftFile | None = None
        """None: no draft is open."""

    def start(self) -> None:
        """Begin to look at the file from time to time."""
        self._looking = self._screen.set_interval(LOOK_S, self.look)

    def pause(self) -> None:
        if self._looking:
            self._looking.pause()

    def resume(self) -> None:
        """Look at once: much can happen to a file while nobody watches."""
        if self._looking:
            self._looking.resume()
            self.look()

    def open(self, path: Path, text: str) -> bool:
        """Keep this file from now on; False when it is kept already."""
        if self.file is not None and self.file.path == path:
            return False
        self.file = DraftFile(path, text)
        return True

    @property
    def is_saved(self) -> bool:
        return self.file is None or self._editor.text == self.file.known

    def touched(self) -> None:
        """The text changed: save it when the keys rest."""
        if self._timer:
            self._timer.stop()
        self._timer = self._screen.set_timer(SAVE_S, self.save)

    def save(self) -> bool:
        """Write the draft; False when that was not possible, or must be asked about first."""
        if self._timer:
            self._timer.stop()
            self._timer = None
        if self.file is None or self.is_saved:
            return True
        try:
            self.file.save(self._editor.text)
        except DraftChanged as changed:
            self._ask_which(changed.theirs)
            return False
        except (OSError, WorkbenchError) as error:
            self._screen.bench_app.tell(f"not saved: {error}", error=True)
            return False
        self._say(f"autosaved {datetime.now().astimezone():%H:%M:%S}")
        return True

    def look(self) -> None:
        """Did another program write the file?"""
        if self.file is None or self._asking or self._screen.app.screen is not self._screen:
            return
        try:
            theirs = self.file.outside()
        except (OSError, WorkbenchError) as error:
            self._screen.bench_app.tell(str(error), error=True)
            return
        if theirs is None:
            return
        if not self.is_saved and self._editor.text != theirs:
            self._ask_which(theirs)
            return
        self.take(theirs)
        self._say("read again: it was changed outside")
        said = "the file was changed outside and read again; ctrl+z takes it back"
        self._screen.bench_app.tell(said)

    def take(self, theirs: str) -> None:
        """Show what another program wrote, as one edit."""
        if self.file is not None:
            self.file.known = theirs
            self._editor.swap_text(theirs)

    def _ask_which(self, theirs: str) -> None:
        if self._asking:
            return
        self._asking = True
        from workbench.tui.dialogs.changed_outside import ChangedOutside

        dialog = ChangedOutside(self._editor.text, theirs)
        self._screen.app.push_screen(dialog, lambda keep: self._chosen(keep, theirs))

    def _chosen(self, keep: bool | None, theirs: str) -> None:
        self._asking = False
        if self.file is None or keep is None:
            return
        if keep:
            self.file.known = theirs
            self.save()
        else:
            self.take(theirs)

    @property
    def _editor(self) -> PromptEditor:
        return self._screen.query_one(PromptEditor)

    def _say(self, text: str) -> None:
        self._editor.border_subtitle = plain(text)
