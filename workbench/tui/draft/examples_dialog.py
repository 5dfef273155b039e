"""The rows of a draft's few-shot examples: to read, change, add and delete."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.actions.session import Session
from workbench.datasets.leakage import leak_sentences
from workbench.datasets.readers import read_dataset
from workbench.datasets.values import Case
from workbench.datasets.writer import SUFFIX
from workbench.errors import UsageError
from workbench.present import numbers
from workbench.present.case_values import input_text
from workbench.present.safe_text import safe_line
from workbench.prompts.files.parts import choose_rows
from workbench.prompts.templates.templates import ExampleTexts
from workbench.runs.spec.suite import Suite
from workbench.tui.base.dialog import Dialog, open_with
from workbench.tui.context.app_context import AppContext
from workbench.tui.dialogs.case_form import open_row
from workbench.tui.dialogs.delete_case import open_delete
from workbench.tui.keys import keys
from workbench.tui.services.dataset_edits import blank_case
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.case_texts import flat_json
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.text import PlainStatic

KEYS = "e edits the row · a adds one · X deletes it · / filter"
NOT_JSONL = f"only {SUFFIX} files can be edited here"
_SHOWN_LEAKS = 2


@dataclass(frozen=True)
class ExampleRow:
    """One row of the file, and whether the draft takes it."""

    case: Case
    is_taken: bool


@dataclass(frozen=True)
class ExamplesPage:
    """The file of a draft's examples, with what its rows are worth to the draft."""

    path: Path
    rows: tuple[ExampleRow, ...]
    choose: str
    tokens: int
    """About how many the taken rows have in the prompt."""
    leaks: tuple[str, ...]
    """The taken rows that give a case of the suite away."""

    def lines(self) -> list[str]:
        """What stands above the rows."""
        taken = sum(row.is_taken for row in self.rows)
        count = f"{numbers.plural(len(self.rows), 'row')} · {taken:,} taken ({self.choose})"
        shown = [f"! {leak}" for leak in self.leaks[:_SHOWN_LEAKS]]
        more = len(self.leaks) - _SHOWN_LEAKS
        return [
            f"{count} · ≈ {self.tokens:,} tok",
            *shown,
            *([f"! and {more:,} more"] if more > 0 else []),
        ]


COLUMNS: tuple[Column[ListRow[ExampleRow]], ...] = (
    Column("id", "id", 10, lambda row: row.item.case.id, frozen=True),
    Column("taken", "in", 3, lambda row: "✓" if row.item.is_taken else None),
    Column("input", "input", 24, lambda row: input_text(row.item.case), grows=True),
    Column("expected", "expected", 14, lambda row: flat_json(row.item.case.expected) or None),
    Column("tags", "tags", 10, lambda row: " ".join(row.item.case.tags) or None),
)


def read_examples(session: Session, draft: Path, suite: Suite | None) -> ExamplesPage:
    """The examples of a draft's file. Raises UsageError where it has none in a file, DraftError or
    DatasetError, with the line, where the draft or a row cannot be read.
    """
    prompt = session.workspace.draft(draft).prompt
    examples = prompt.examples
    if examples is None or not examples.file:
        raise UsageError(
            f"{draft.name} has no few-shot examples in a file",
            hint="write examples: {file: examples.jsonl} in its front matter",
        )
    path = session.workspace.files_of(draft).path_of(examples.file)
    cases = read_dataset(path).cases
    known = [_row(case) for case in cases]
    taken = set(map(id, choose_rows(known, examples.choose)))
    rows = tuple(ExampleRow(case, id(row) in taken) for case, row in zip(cases, known, strict=True))
    leaks = tuple(leak_sentences(prompt, suite.dataset)) if suite else ()
    return ExamplesPage(path, rows, examples.choose, ExampleTexts(prompt).tokens, leaks)


def _row(case: Case) -> dict[str, Any]:
    return {"inputs": case.inputs, "expected": case.expected, "tags": list(case.tags)}


def open_examples(
    app: AppContext, draft: Path, suite: Suite | None, changed: Callable[[], None]
) -> None:
    """List the rows of a draft's examples; `changed` is called after each edit."""

    def read(session: Session) -> ExamplesPage:
        return read_examples(session, draft, suite)

    open_with(app, read, lambda page: Examples(page, read, changed))


class Examples(Dialog[None]):
    """The rows; closes with nothing."""

    MODE: ClassVar[str] = "examples"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("examples")
    first_field = "#rows"
    DEFAULT_CSS: ClassVar[str] = "Examples #dialog { width: 100%; max-width: 110; }"

    def __init__(
        self,
        page: ExamplesPage,
        read: Callable[[Session], ExamplesPage],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(f"Few-shot examples · {safe_line(page.path.name)}", no="Close")
        self._page = page
        self._read = read
        self._changed = changed

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(id="about-rows")
        yield CaseTable(COLUMNS, empty=("No row.", "a adds one."), id="rows")
        yield PlainStatic(KEYS if self._is_jsonl else NOT_JSONL)

    def on_mount(self) -> None:
        super().on_mount()
        self._load("")

    @property
    def _is_jsonl(self) -> bool:
        return self._page.path.suffix.lower() == SUFFIX

    @property
    def _row(self) -> ExampleRow | None:
        key = self.query_one(CaseTable).cursor_key
        return next((row for row in self._page.rows if row.case.id == key), None)

    def _load(self, cursor: str) -> None:
        self.query_one("#about-rows", PlainStatic).show("\n".join(self._page.lines()))
        rows = [
            ListRow(row.case.id, row, at, "", f"{row.case.id} {input_text(row.case)}")
            for at, row in enumerate(self._page.rows)
        ]
        self.query_one(CaseTable).load(rows, cursor=cursor)
        self.refresh_bindings()

    def _read_again(self, cursor: str) -> None:
        def done(page: ExamplesPage) -> None:
            self._page = page
            if self.is_open:
                self._load(cursor)

        self._changed()
        self.app.in_thread(self._read, done=done, failed=self.refused)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self.refresh_bindings()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self.action_edit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("edit", "delete"):
            return self._is_jsonl and self.is_mounted and self._row is not None
        if action == "add":
            return self._is_jsonl
        return super().check_action(action, parameters)

    def action_edit(self) -> None:
        row = self._row
        if row and self._is_jsonl:
            path, case = self._page.path, row.case
            open_row(self.app, path, case, replaces=case.id, note=self._note, done=self._read_again)

    def action_add(self) -> None:
        case = blank_case([row.case for row in self._page.rows])
        open_row(self.app, self._page.path, case, note=self._note, done=self._read_again)

    @property
    def _note(self) -> str:
        return f"a row of {self._page.path.name}: the draft changes, registered versions do not"

    def action_delete(self) -> None:
        row = self._row
        if row is None:
            return
        ids = [other.case.id for other in self._page.rows]
        at = ids.index(row.case.id)
        after = (ids[at + 1 :] or ids[:at][-1:] or [""])[0]
        open_delete(self.app, self._page.path, None, row.case, lambda: self._read_again(after))
