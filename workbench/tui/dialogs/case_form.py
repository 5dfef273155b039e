"""Write a case: a new one, a changed one, or one made of a bad answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import VerticalScroll
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.session import Session
from workbench.actions.workspace.new_suite import first_case
from workbench.datasets.values import Case
from workbench.datasets.writer import parse_value
from workbench.errors import DatasetError
from workbench.present.safe_text import safe_line
from workbench.runs.spec.suite import DEV_SPLIT, GATE_SPLIT
from workbench.runs.spec.values import RunSummary
from workbench.tui.base.dialog import Dialog, field, labelled
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.services.dataset_edits import (
    DatasetPage,
    blank_case,
    read_datasets,
    save_case,
    save_first_case,
)
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.controls import Choice, Option, Tick
from workbench.tui.widgets.text import PlainLabel, PlainStatic
from workbench.tui.widgets.value_area import ValueArea

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

MAX_EDITED = 100_000
"""Characters of a value that can be edited here."""
_SHOWN_ANSWER = 60


class CaseForm(KeptDialog[tuple[str, str]]):
    """Fields of a case; ctrl+s saves it into the file. Closes with what was done, and the id."""

    kept_as = "case"
    first_field = "#value-0"
    DEFAULT_CSS: ClassVar[str] = """
    CaseForm #dialog { width: 100%; max-width: 100; height: 100%; max-height: 40; }
    CaseForm #values { height: 1fr; }
    CaseForm ValueArea { height: 5; border: round $border; padding: 0; }
    CaseForm ValueArea:focus { border: round $accent; }
    CaseForm #expected-value { height: 4; }
    CaseForm #about-gate { height: auto; color: $text-muted; }
    """

    def __init__(
        self,
        path: Path,
        case: Case,
        *,
        replaces: str = "",
        note: str = "",
        begins: str = "",
        answer: str = "",
        splits: Iterable[str] = (),
    ) -> None:
        """`answer` is what a model said: it can be taken for what is expected. `splits` are those
        of the other cases.
        """
        title = f"Edit {replaces}" if replaces else f"A new case in {path.name}"
        title = f"The first case of a suite for {begins}" if begins else title
        super().__init__(title, "Save", about=f"{path}: {replaces or begins}")
        self._begins = begins
        """The prompt whose suite begins with this case; empty: it has one."""
        self._path = path
        self._case = case
        self._replaces = replaces
        self._note = note
        self._answer = answer
        self._splits = tuple(splits)
        self._names = list(case.inputs)
        self._before: tuple[str, ...] = ()

    def on_mount(self) -> None:
        self._before = self._fields()

    def body(self) -> Iterable[Widget]:
        yield from field("case-id", "id", self._case.id)
        widgets: list[Widget] = []
        for at, name in enumerate(self._names):
            widgets.append(PlainLabel(f"input · {name}"))
            widgets.append(ValueArea(flat_json(self._case.inputs[name]), id=f"value-{at}"))
        widgets.append(PlainLabel("expected"))
        if self._answer:
            taken = self._case.expected == self._answer
            label = f"the answer is right: {safe_line(self._answer[:_SHOWN_ANSWER])}"
            widgets.append(Tick(label, taken, id="takes-answer"))
        widgets.append(ValueArea(flat_json(self._case.expected), id="expected-value"))
        yield VerticalScroll(*widgets, id="values", can_focus=False)
        yield from field("case-tags", "tags", ", ".join(self._case.tags), hint="a, b")
        own = self._case.split or ""
        splits = dict.fromkeys(["", DEV_SPLIT, GATE_SPLIT, *self._splits, own])
        options = [Option(name, name or "none") for name in splits]
        yield labelled("split", Choice(options, own, id="case-split", takes_new=True))
        yield PlainStatic(
            self._note or "a changed case of split gate makes earlier evaluations stale",
            id="about-gate",
        )

    def on_tick_changed(self, message: Tick.Changed) -> None:
        """Take the answer for what is expected, or what was expected before."""
        message.stop()
        expected = self._answer if message.tick.value else flat_json(self._case.expected)
        self.query_one("#expected-value", ValueArea).replace_text(expected)

    def action_cancel(self) -> None:
        """Confirm before discarding input."""
        # After keys still queued for the focused field, as with ctrl+s.
        (self.focused or self).call_later(self._leave)

    def _leave(self) -> None:
        if self.app.screen is not self:
            return
        if self._fields() == self._before:
            self.dismiss(None)
            return

        def answered(drops: bool | None) -> None:
            if drops:
                self.finish()
                self.dismiss(None)

        self.app.push_screen(DropTyped(), answered)

    def _fields(self) -> tuple[str, ...]:
        """The values of the fields."""
        return (
            *(area.text for area in self.query(ValueArea)),
            *(line.value for line in self.query(Input)),
            *(choice.value for choice in self.query(Choice)),
        )

    def confirm(self) -> None:
        # After keys still queued for the focused field: ctrl+s has priority over them.
        (self.focused or self).call_later(self._save)

    def _save(self) -> None:
        try:
            case = self._typed()
        except DatasetError as error:
            self.problem(str(error))
            return

        def save(session: Session) -> str:
            if self._begins:
                return save_first_case(session, self._begins, case)
            return save_case(session, self._path, case, self._replaces)

        def done(message: str) -> None:
            self.dismiss((message, case.id))

        self.app.in_thread(save, done=done, failed=self.refused)

    def _typed(self) -> Case:
        """The case built from the fields; untouched values keep their type."""
        values = {}
        for at, name in enumerate(self._names):
            typed = self.query_one(f"#value-{at}", ValueArea).text
            before = self._case.inputs[name]
            same = typed == flat_json(before)
            values[name] = before if same else _input_value(typed, before)
        typed = self.query_one("#expected-value", ValueArea).text
        before = self._case.expected
        expected = before if typed == flat_json(before) else parse_value(typed)
        tags = self.query_one("#case-tags", Input).value.split(",")
        case_id = self.query_one("#case-id", Input).value.strip()
        if not case_id:
            raise DatasetError("a case needs an id")
        return replace(
            self._case,
            id=case_id,
            inputs=values,
            expected=expected,
            tags=tuple(tag.strip() for tag in tags if tag.strip()),
            split=self.query_one("#case-split", Choice).value or None,
        )


class DropTyped(Dialog[bool]):
    """True: discard the input."""

    def __init__(self) -> None:
        super().__init__("Not saved · y drops what you typed", "Drop it", no="Go on typing")

    def body(self) -> Iterable[Widget]:
        yield PlainStatic("The case was changed here. ^s in its form saves it.")

    def confirm(self) -> None:
        self.dismiss(True)


def _input_value(typed: str, before: object) -> object:
    """Text stays text; a JSON value must be JSON again."""
    return typed if isinstance(before, str) else parse_value(typed)


def open_form(
    app: AppContext,
    page: DatasetPage,
    case: Case,
    *,
    replaces: str = "",
    note: str = "",
    answer: str = "",
    done: Callable[[str], None] | None = None,
) -> None:
    """Show the form, or say why this dataset cannot be written here. `done` gets the case's id."""
    if page.path is None:
        app.tell(page.problem or "only .jsonl datasets can be edited here", error=True)
        return
    written = page.written(case)
    splits = page.suite.dataset.splits if page.suite else ()
    open_row(
        app,
        page.path,
        written,
        replaces=replaces,
        note=note,
        answer=answer,
        splits=splits,
        done=done,
    )


def open_row(
    app: AppContext,
    path: Path,
    case: Case,
    *,
    replaces: str = "",
    note: str = "",
    answer: str = "",
    splits: Iterable[str] = (),
    done: Callable[[str], None] | None = None,
) -> None:
    """Show the form of a row of a file, or say why it cannot be edited here."""
    if any(safe_line(text) != text for text in (case.id, *case.tags, case.split or "")):
        app.tell(f"{case.id} holds invisible characters in id, tags or split: open {path}")
        return
    if any(len(flat_json(v)) > MAX_EDITED for v in (*case.inputs.values(), case.expected)):
        app.tell(f"{case.id} is too long to edit here: open {path}", error=True)
        return

    def saved(saved_case: tuple[str, str] | None) -> None:
        if saved_case:
            app.tell(saved_case[0])
            if done:
                done(saved_case[1])

    form = CaseForm(path, case, replaces=replaces, note=note, answer=answer, splits=splits)
    app.push_screen(form, saved)


def begin(
    app: AppContext,
    prompt_id: str,
    done: Callable[[str], None],
    *,
    inputs: Mapping[str, Any] | None = None,
    answer: str = "",
) -> None:
    """The form of a suite's first case, or why there can be none. `done` gets the case's id."""

    def opened(place: tuple[Path, Case]) -> None:
        path, case = place
        if inputs is not None:
            case = replace(case, inputs=dict(inputs))
        note = (
            f"writes {path.parent.name}/suite.yaml too: scored by exact_match, the gate at 80 %; "
            "scorers and gate are edited there"
        )

        def saved(result: tuple[str, str] | None) -> None:
            if result:
                app.tell(result[0])
                done(result[1])

        app.push_screen(CaseForm(path, case, note=note, begins=prompt_id, answer=answer), saved)

    app.in_thread(first_case, prompt_id, done=opened, group="begin", opens=True)


def promote(app: AppContext, summary: RunSummary, row: ResultRow) -> None:
    """A new case made of a result: its input, what was expected, and where it comes from."""
    case = row.case
    if case is None:
        app.tell("this run does not know the case's inputs", error=True)
        return
    answer = row.result.answer.text if row.result else ""

    def read(page: DatasetPage) -> None:
        if page.suite is None:
            app.tell(page.problem, error=True)
            return
        like = replace(case, tags=tuple(dict.fromkeys((*case.tags, "promoted"))))
        new_case = blank_case(page.suite.dataset.cases, like)
        shown = answer[:200] or "(no answer)"
        note = f"{summary.label} answered: {shown} · change the input, say what is expected"
        open_form(app, page, new_case, note=note, answer=answer)

    app.in_thread(read_datasets, summary.suite, done=read, group="promote", opens=True)
