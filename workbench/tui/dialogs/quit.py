"""Confirm quitting while a run is active."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from workbench.runs.spec.values import RunProgress
from workbench.tui.base.dialog import Dialog
from workbench.tui.widgets.text import PlainStatic


class ConfirmQuit(Dialog[bool]):
    """True quits."""

    def __init__(self, name: str, progress: RunProgress | None) -> None:
        super().__init__("A run is active · y stops it and quits", "Quit", no="Stay")
        self._name = name
        self._progress = progress

    def body(self) -> Iterable[Widget]:
        done = f"{self._progress.done}/{self._progress.total}" if self._progress else "some"
        yield PlainStatic(
            f"{self._name}: {done} results, all of them saved.\n"
            "Quitting aborts the calls in flight; r on the Run screen goes on later."
        )

    def confirm(self) -> None:
        self.dismiss(True)
