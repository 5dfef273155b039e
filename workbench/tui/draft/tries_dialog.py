"""What was tried with a prompt: to read, compare, star, and make cases of."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar, Protocol

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from workbench.actions.running.tries import tries_of
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.present.safe_text import safe_line
from workbench.present.tries.texts import about, case_of, prompt_texts
from workbench.runs.tries.values import Try, TryRow
from workbench.tui.base.dialog import Dialog, open_with
from workbench.tui.context.app_context import AppContext
from workbench.tui.dialogs.case_form import begin, open_form
from workbench.tui.draft.tries_rows import columns
from workbench.tui.draft.try_screen import DropTry, TryScreen, difference
from workbench.tui.keys import keys
from workbench.tui.services.dataset_edits import DatasetPage, blank_case, read_datasets
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.case_pane import FindLine
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.text import PlainStatic

KEYS = "enter reads · = marks, c compares · * stars · a case · e its text · i its inputs · / filter"


class TriedDraft(Protocol):
    """The draft whose tries are listed."""

    def take_text(self, text: str) -> None:
        """Another text, as one edit."""

    def show_case(self, case: Case) -> None:
        """Make it the case that is tried next."""


def open_tries(app: AppContext, prompt_id: str, draft: TriedDraft) -> None:
    """List the tries of a prompt, newest first."""

    def read(session: Session) -> list[TryRow]:
        return tries_of(session).rows(prompt_id)

    open_with(app, read, lambda rows: Tries(prompt_id, rows, draft))


class Tries(Dialog[None]):
    """The list; closes with nothing."""

    MODE: ClassVar[str] = "tries"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("tries")
    first_field = "#tries"
    DEFAULT_CSS: ClassVar[str] = """
    Tries #dialog { width: 100%; max-width: 140; }
    Tries #dialog #tries { height: 1fr; max-height: 100%; min-height: 8; }
    Tries #dialog-body { height: 1fr; }
    Tries #dialog { height: 100%; }
    """

    def __init__(self, prompt_id: str, rows: list[TryRow], draft: TriedDraft) -> None:
        super().__init__(f"Tries of {prompt_id}", no="Close")
        self._prompt_id = prompt_id
        self._rows = {row.id: row for row in rows}
        self._draft = draft
        self._marked: int | None = None
        self._starred_only = False

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(id="about-try")
        yield FindLine(id="tries-find", placeholder="filter", compact=True)
        empty = ("No try yet.", "^t in the editor asks the model.")
        yield CaseTable(columns(datetime.now(UTC)), empty=empty, id="tries")
        yield PlainStatic(KEYS)

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#tries-find").display = False
        self._load()

    @property
    def _row(self) -> TryRow | None:
        key = self.query_one("#tries", CaseTable).cursor_key
        return self._rows.get(int(key)) if key else None

    def _load(self, cursor: str = "") -> None:
        rows = [
            ListRow(
                str(row.id), row, at, "up" if row.id == self._marked else "",
                f"{row.question_start} {row.answer_start} {row.model} {row.case_id} {row.label}",
            )
            for at, row in enumerate(self._rows.values())
            if row.starred or not self._starred_only
        ]  # fmt: skip
        self.query_one("#tries", CaseTable).load(rows, cursor=cursor)
        self._show_about()
        self.refresh_bindings()

    def _show_about(self) -> None:
        row = self._row
        if row is None:
            text = Content("only those with a star: f shows all" if self._starred_only else "")
        else:
            mark = f" · compared with try {self._marked}" if self._marked else ""
            lines = [f"{about(row)}{mark}", f"{case_of(row)}: {row.question_start}"]
            text = Content("\n").join(
                Content(safe_line(line)).truncate(self._room, ellipsis=True) for line in lines
            )
        self.query_one("#about-try", PlainStatic).show(text)

    @property
    def _room(self) -> int:
        return max(20, self.query_one("#about-try").size.width or 76)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self._show_about()
        self.refresh_bindings()

    def on_case_table_find_asked(self, message: CaseTable.FindAsked) -> None:
        message.stop()
        find = self.query_one("#tries-find", FindLine)
        find.display = find.can_focus = True
        find.focus()

    def on_input_changed(self, message: PlainInput.Changed) -> None:
        message.stop()
        self.query_one("#tries", CaseTable).find(parse_filter(message.value))

    def on_input_submitted(self, event: PlainInput.Submitted) -> None:
        event.stop()
        self.query_one("#tries").focus()

    def on_find_line_left(self, message: FindLine.Left) -> None:
        message.stop()
        find = self.query_one("#tries-find", FindLine)
        find.display = find.can_focus = bool(find.value)
        self.query_one("#tries").focus()

    def drops_key(self, key: str) -> bool:
        """The filter line takes letters only while it has the focus; else they are keys."""
        return self.focused is self.query_one("#tries-find") and super().drops_key(key)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("baseline", "star", "promote", "edit", "inputs", "delete"):
            return self.is_mounted and self._row is not None
        if action == "compare":
            return self.is_mounted and self._row is not None and len(self._rows) > 1
        return super().check_action(action, parameters)

    # Actions

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self._read(lambda tried: self.app.push_screen(TryScreen(tried)))

    def on_case_table_peeked(self, message: CaseTable.Peeked) -> None:
        message.stop()
        self._read(lambda tried: self.app.push_screen(TryScreen(tried)))

    def _read(self, done: Callable[[Try], object]) -> None:
        row = self._row
        if row is not None:
            self.app.in_thread(
                lambda session: tries_of(session).get(row.id),
                done=done, failed=self.refused, opens=True,
            )  # fmt: skip

    def action_baseline(self) -> None:
        """Mark the try that others are compared with; once more takes the mark off."""
        row = self._row
        if row is not None:
            self._marked = None if self._marked == row.id else row.id
            self._load(str(row.id))

    def action_compare(self) -> None:
        """With the marked one, else with the one before."""
        row = self._row
        if row is None:
            return
        older = [key for key in self._rows if key < row.id]
        other = self._marked or (
            max(older) if older else min(key for key in self._rows if key > row.id)
        )
        if other == row.id:
            self.problem("this is the one that is marked: go to another")
            return
        first, second = (other, row.id) if self._marked or older else (row.id, other)

        def read(session: Session) -> tuple[Try, Try]:
            tries = tries_of(session)
            return tries.get(first), tries.get(second)

        def show(both: tuple[Try, Try]) -> None:
            self.app.push_screen(difference(*both))

        self.app.in_thread(read, done=show, failed=self.refused, opens=True)

    def action_star(self) -> None:
        row = self._row
        if row is None:
            return
        changed = replace(row, starred=not row.starred)

        def done(_: object) -> None:
            self._rows[row.id] = changed
            if self.is_open:
                self._load(str(row.id))

        self.app.in_thread(
            lambda session: tries_of(session).star(row.id, changed.starred),
            done=done, failed=self.refused,
        )  # fmt: skip

    def action_named(self) -> None:
        row = self._row
        self._starred_only = not self._starred_only
        self._load(str(row.id) if row else "")

    def action_edit(self) -> None:
        """Put its text into the editor."""

        def take(tried: Try) -> None:
            self.dismiss(None)
            self._draft.take_text(prompt_texts(tried, tried)[0])
            self.app.tell(f"the text of try {tried.row.id}: ctrl+z takes it back")

        self._read(take)

    def action_inputs(self) -> None:
        """Try the draft on its inputs next."""

        def take(tried: Try) -> None:
            self.dismiss(None)
            self._draft.show_case(tried.case)

        self._read(take)

    def action_promote(self) -> None:
        """Make it a case of a suite; its answer is what is expected, until that is changed."""
        app = self.app

        def noted(tried: Try, became: str) -> None:
            def write(session: Session) -> None:
                tries_of(session).note_case(tried.row.id, became)

            def done(_: object) -> None:
                self._rows[tried.row.id] = replace(tried.row, became=became)
                if self.is_open:
                    self._load(str(tried.row.id))

            app.in_thread(write, done=done)

        def ask(tried: Try) -> None:
            def with_page(page: DatasetPage) -> None:
                answer = tried.answer.text
                if page.suite is None or page.suite.prompt_id != self._prompt_id:
                    begin(
                        app, self._prompt_id,
                        lambda case_id: noted(tried, f"{self._prompt_id}/{case_id}"),
                        inputs=tried.case.inputs, answer=answer,
                    )  # fmt: skip
                    return
                suite = page.suite
                # Typed inputs have no id of their own in a dataset.
                free = tried.case if tried.row.suite else replace(tried.case, id="")
                like = replace(free, tags=tuple(dict.fromkeys((*free.tags, "tried"))))
                new_case = blank_case(suite.dataset.cases, like)
                note = "the answer is a proposal: say what is expected"
                open_form(
                    app, page, new_case, note=note, answer=answer,
                    done=lambda case_id: noted(tried, f"{suite.name}/{case_id}"),
                )  # fmt: skip

            app.in_thread(
                read_datasets, tried.row.suite or app.selection.suite, self._prompt_id,
                done=with_page, group="promote", opens=True,
            )  # fmt: skip

        self._read(ask)

    def action_delete(self) -> None:
        row = self._row
        if row is None:
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.app.in_thread(
                    lambda session: tries_of(session).drop([row.id]),
                    done=lambda _: self._dropped(row), failed=self.refused,
                )  # fmt: skip

        self.app.push_screen(DropTry(row), answered)

    def _dropped(self, row: TryRow) -> None:
        self._rows.pop(row.id, None)
        if self._marked == row.id:
            self._marked = None
        if self.is_open:
            self._load()
