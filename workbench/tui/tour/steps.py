"""All steps of the tour: what happened, the key of each, and where to go for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.actions.session import Session
from workbench.actions.tour import STEPS, Progress, Step, Tour, progress_of
from workbench.tui.base.dialog import Dialog, labelled, open_with
from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text import PlainStatic

MODES = {
    "try": "draft",
    "register": "draft",
    "better": "draft",
    "again": "draft",
    "compare": "prompts",
    "evaluate": "prompts",
    "staging": "prompts",
    "production": "prompts",
    "rollback": "deploys",
}
"""The screen of each step; the others open a dialog."""


def open_tour(app: AppContext) -> None:
    """Show the steps for the prompt of the tour, else for the one that is selected."""
    prompt_id = app.tour.tour.prompt_id or app.selection.prompt_id
    if not prompt_id:
        app.tell("no prompt yet: F2 Prompts, n makes one", error=True)
        return
    tour = app.tour.tour if app.tour.tour.prompt_id else Tour(prompt_id)

    def read(session: Session) -> Progress:
        return progress_of(session, tour)

    def picked(step: str | None) -> None:
        if step:
            go_to(app, step)

    known = (*app.known_prompts, prompt_id)
    open_with(app, read, lambda progress: TourSteps(progress, known), picked)


def go_to(app: AppContext, step: str) -> None:
    """Open the screen or the dialog of a step."""
    app.select(prompt_id=app.tour.tour.prompt_id, version=None)
    if step == "run":
        app.action_start()
    elif step == "read":
        app.action_read_live()
    else:
        app.action_go(MODES[step], False)


COLUMNS: tuple[Column[ListRow[tuple[Step, bool]]], ...] = (
    Column("done", "", 3, lambda row: "[x]" if row.item[1] else "[ ]"),
    Column("does", "step", 44, lambda row: row.item[0].does, grows=True),
    Column("keys", "keys", 17, lambda row: row.item[0].keys),
)


class TourSteps(Dialog[str]):
    """Closes with the step that is gone to."""

    MODE: ClassVar[str] = "tour"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tour")
    first_field = "#steps"

    def __init__(self, progress: Progress, prompts: Sequence[str]) -> None:
        is_shown = progress.tour.is_shown
        super().__init__("The main job, step by step", "Leave it" if is_shown else "Begin")
        self._progress = progress
        self._prompts = tuple(dict.fromkeys(prompts))

    def body(self) -> Iterable[Widget]:
        options = [Option(prompt_id) for prompt_id in self._prompts]
        yield labelled("prompt", Choice(options, self._progress.tour.prompt_id, id="tour-prompt"))
        yield CaseTable(COLUMNS, empty=(), id="steps")
        yield PlainStatic("enter goes there · a step is ticked when it happened, by any way")

    def on_mount(self) -> None:
        super().on_mount()
        self._load()

    def _load(self) -> None:
        progress = self._progress
        rows = [
            ListRow(step.id, (step, step.id in progress.done), at) for at, step in enumerate(STEPS)
        ]
        cursor = progress.next.id if progress.next else ""
        self.query_one(CaseTable).load(rows, cursor=cursor)

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """Show what happened to another prompt."""
        message.stop()
        before = self.app.tour.tour
        prompt_id = message.choice.value
        tour = before if before.prompt_id == prompt_id else Tour(prompt_id)

        def done(progress: Progress) -> None:
            if self.is_open:
                self._progress = progress
                self._load()

        self.app.in_thread(
            lambda session: progress_of(session, tour), done=done, group="tour-prompt"
        )

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self._begin()
        self.dismiss(message.key)

    def confirm(self) -> None:
        """Begin the tour, or leave it."""
        if self._progress.tour.is_shown:
            self.app.tour.leave()
            self.app.tell("the tour is left: ^l takes it up again")
        else:
            self._begin()
        self.dismiss(None)

    def _begin(self) -> None:
        self.app.tour.begin(self.query_one("#tour-prompt", Choice).value)
