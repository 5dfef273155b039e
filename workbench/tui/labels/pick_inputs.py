"""The file of logged inputs on which two prompts are compared."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from workbench.datasets.readers import SUFFIXES
from workbench.tui.base.dialog import Dialog
from workbench.tui.context.app_context import AppContext
from workbench.tui.labels.prefer_screen import lay
from workbench.tui.new_parts.file_choice import FileChoice
from workbench.tui.widgets.text import PlainStatic


def open_prefer(app: AppContext, against: str, ref: str) -> None:
    """Choose the inputs, then compare the answers of both to them."""

    def picked(path: str | None) -> None:
        if path:
            lay(app, against, ref, app.workspace.root / path)

    app.push_screen(PickInputs(against, ref), picked)


class PickInputs(Dialog[str]):
    """Closes with the path of the file."""

    first_field = "#path"

    def __init__(self, against: str, ref: str) -> None:
        super().__init__(f"Prefer: {against} or {ref} · logged inputs", "Compare")

    def body(self) -> Iterable[Widget]:
        yield PlainStatic("rows with the prompt's inputs, or traces as JSON")
        yield FileChoice(SUFFIXES, id="file")

    def on_file_choice_picked(self, message: FileChoice.Picked) -> None:
        message.stop()
        self.dismiss(str(message.path))

    def confirm(self) -> None:
        path = self.query_one(FileChoice).path
        if path.is_file():
            self.dismiss(str(path))
        else:
            self.problem(f"no file {path.name}")
