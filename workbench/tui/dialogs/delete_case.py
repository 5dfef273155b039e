"""Take a case out of its dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from workbench.datasets.values import Case
from workbench.present.case_values import readable
from workbench.present.safe_text import safe_line
from workbench.runs.spec.suite import GATE_SPLIT, Suite
from workbench.tui.base.dialog import Dialog
from workbench.tui.services.dataset_edits import delete_case
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

SHOWN = 200
"""Characters of an input shown to identify the case."""


class DeleteCase(Dialog[str]):
    """Closes with a sentence about what was done."""

    def __init__(self, path: Path, case: Case, *, stale: bool) -> None:
        super().__init__(f"Delete {case.id} · y deletes it", "Delete")
        self._path = path
        self._case = case
        self._stale = stale

    def body(self) -> Iterable[Widget]:
        case = self._case
        lines = [f"{name}: {_short(readable(value))}" for name, value in case.inputs.items()]
        lines.append(f"expected: {_short(flat_json(case.expected)) or '(nothing)'}")
        lines.append(f"Its line goes from {self._path.name}; stored runs keep what was answered.")
        if self._stale:
            lines.append("It is a case of the gate: earlier evaluations become stale.")
        yield PlainStatic(Content("\n".join(map(safe_line, lines))))

    def confirm(self) -> None:
        self.app.in_thread(
            delete_case, self._path, self._case.id, done=self.dismiss, failed=self.refused
        )


def open_delete(
    app: AppContext, path: Path, suite: Suite | None, case: Case, done: Callable[[], None]
) -> None:
    """Ask; `done` is called after it went. No suite: a row of few-shot examples."""
    decides = case.split == GATE_SPLIT or not suite or GATE_SPLIT not in suite.dataset.splits
    stale = suite is not None and decides

    def answered(message: str | None) -> None:
        if message:
            app.tell(message)
            done()

    app.push_screen(DeleteCase(path, case, stale=stale), answered)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
