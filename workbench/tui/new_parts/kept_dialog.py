"""A dialog whose fields outlast it: what was typed is there again when it is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from workbench.tui.base.dialog import Dialog
from workbench.tui.services.unfinished import Unfinished

if TYPE_CHECKING:
    from textual.timer import Timer

T = TypeVar("T")
KEEP_S = 0.5
"""Seconds after the last key until it is written."""


class KeptDialog(Dialog[T]):
    """Override `typed`; call `touched` when a field changes and `finish` when all is made."""

    kept_as: ClassVar[str]
    """The name of the file in `.workbench/unfinished`."""

    def __init__(self, title: str, yes: str = "", *, no: str = "Cancel") -> None:
        super().__init__(title, yes, no=no)
        self._timer: Timer | None = None
        self._is_finished = False
        self._unfinished = Unfinished(self.app, self.kept_as)
        self.before = self._unfinished.load()
        """What was typed the last time and led to nothing yet."""

    def typed(self) -> Mapping[str, Any]:
        """What the fields hold, as JSON values."""
        return {}

    def on_mount(self) -> None:
        self.app.before_exit.append(self._at_exit)

    def on_unmount(self) -> None:
        if self._at_exit in self.app.before_exit:
            self.app.before_exit.remove(self._at_exit)

    def touched(self) -> None:
        """A field changed: keep it after a pause in typing."""
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(KEEP_S, self.keep)

    def keep(self) -> None:
        """Keep it now."""
        if not self._is_finished and self.is_attached:
            self._unfinished.keep(self.typed())

    def finish(self) -> None:
        """It led to something: nothing is kept."""
        self._is_finished = True
        self._unfinished.forget()

    def action_cancel(self) -> None:
        self.keep()
        super().action_cancel()

    def _at_exit(self) -> str:
        self.keep()
        self.app.file_worker.finish()
        return ""
