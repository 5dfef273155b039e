"""Step 1: rows that are pasted, typed, or read from a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, TextArea

from workbench.actions.workspace.new_parts.columns import Rows, proposed_roles
from workbench.actions.workspace.new_parts.suite import draft_prompt
from workbench.datasets.readers import SUFFIXES
from workbench.errors import WorkbenchError
from workbench.present.numbers import plural
from workbench.tui.base.dialog import Dialog
from workbench.tui.new_parts.file_choice import FileChoice
from workbench.tui.new_parts.suite_walk.form import Walk, kept_form
from workbench.tui.new_parts.suite_walk.rows_area import RowsArea
from workbench.tui.new_parts.suite_walk.step import Step
from workbench.tui.services.unfinished import Unfinished
from workbench.tui.widgets.controls import Tick
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.prompts.values import Prompt
    from workbench.tui.context.app_context import AppContext

HELP = (
    "Paste rows: what a spreadsheet copies, CSV, TSV or JSON Lines. A row is a case: what the"
    " prompt is given, and the answer that is expected."
)


def open_suite_walk(app: AppContext, prompt_id: str, done: Callable[[Path], object]) -> None:
    """Begin a suite of this prompt, or go on with one that was left; `done` gets its file."""

    def read(session: Session) -> Prompt | None:
        prompt = draft_prompt(session.workspace, prompt_id)
        versions = () if prompt else session.registry.versions(prompt_id)
        return versions[0].prompt if versions else prompt

    def opened(prompt: Prompt | None) -> None:
        kept = Unfinished(app, Step.kept_as, prompt_id).load()
        walk = Walk(kept_form(kept, prompt_id), prompt)
        app.push_screen(CasesStep(walk), answered)

    def answered(made: Path | None) -> None:
        if made:
            done(made)

    app.in_thread(read, done=opened, group="suite-walk", opens=True)


class CasesStep(Step):
    """Reads the rows beside the loop whenever they change."""

    step = "cases"
    first_field = "#rows"
    DEFAULT_CSS: ClassVar[str] = """
    CasesStep #rows { height: 1fr; min-height: 4; border: round $border; padding: 0; }
    CasesStep #rows:focus { border: round $accent; }
    CasesStep #ways { height: 1; }
    CasesStep PlainStatic { height: auto; }
    """

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk)
        self._problem = "no cases yet: paste rows, or choose a file"
        self._taken_up = walk.form.is_begun

    def body(self) -> Iterable[Widget]:
        form = self.walk.form
        yield PlainStatic(HELP)
        yield RowsArea(form.text, id="rows")
        with Horizontal(id="ways"):
            yield Tick("the first row has the columns' names", form.named, id="named")
            yield Button("Choose a file…", id="choose", compact=True)
        yield PlainStatic(id="read")

    def on_mount(self) -> None:
        if self._taken_up:
            self.problem("")
            self.app.tell("taken up where it was left")
            self._read()
        else:
            self._say(self._problem)

    def gather(self) -> None:
        text = self.query_one(RowsArea).rows_text
        named = self.query_one(Tick).value
        self.walk.change(text=text, named=named, path="" if text else self.walk.form.path)

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        message.stop()
        self._changed()

    def on_tick_changed(self, message: Tick.Changed) -> None:
        message.stop()
        self._changed()

    def _changed(self) -> None:
        before = self.walk.form
        self.gather()
        if self.walk.form != before:
            self.walk.change(roles={}, scorers={}, gate={})
            self.walk.rows = None
            self.touched()
            self._read()

    @on(Button.Pressed, "#choose")
    def _choose(self, message: Button.Pressed) -> None:
        message.stop()
        message.prevent_default()
        self.app.push_screen(ChooseFile(), self._chosen)

    def _chosen(self, path: Path | None) -> None:
        if path is None:
            return
        area = self.query_one(RowsArea)
        with self.prevent(TextArea.Changed):
            area.take("")
        self.walk.change(text="", path=str(path), roles={}, scorers={}, gate={})
        self.walk.rows = None
        self.touched()
        self._read()

    def _read(self, then: Callable[[], object] | None = None) -> None:
        form = self.walk.form

        def done(rows: Rows) -> None:
            if self.is_open and self.walk.form == form:
                self.walk.rows, self._problem = rows, ""
                names = ", ".join(rows.columns)
                where = f" in {self._shown(form.path)}" if form.path else ""
                self._say(f"{plural(len(rows.rows), 'row')}{where} · {rows.format} · {names}")
                if then:
                    then()

        def failed(error: WorkbenchError) -> None:
            if self.is_open:
                self._problem = str(error)
                self._say(self._problem)
                if then:
                    self.problem(self._problem)

        if form.is_begun:
            self.app.in_thread(
                lambda _session: form.read(),
                done=done,
                failed=failed,
                group="rows",
                opens=then is not None,
            )
        else:
            failed(WorkbenchError("no cases yet: paste rows, or choose a file"))

    def _shown(self, path: str) -> str:
        root = self.app.workspace.root
        return os.path.relpath(path, root) if Path(path).is_relative_to(root) else path

    def _say(self, text: str) -> None:
        self.query_one("#read", PlainStatic).show(text)

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._next)

    def _next(self) -> None:
        self.gather()
        if self.walk.rows is None:
            self._read(self._to_columns)
        else:
            self._to_columns()

    def _to_columns(self) -> None:
        from workbench.tui.new_parts.suite_walk.columns import ColumnsStep

        rows, prompt = self.walk.rows, self.walk.prompt
        assert rows is not None
        if set(self.walk.form.roles) != set(rows.columns):
            inputs = [item.name for item in prompt.inputs] if prompt else []
            self.walk.change(roles=proposed_roles(rows.columns, inputs))
        self.go_on(ColumnsStep(self.walk))


class ChooseFile(Dialog[Path]):
    """Closes with the file that was picked."""

    first_field = "#path"

    def __init__(self) -> None:
        super().__init__("The file with the cases · enter picks it")

    def body(self) -> Iterable[Widget]:
        yield FileChoice(SUFFIXES)

    def on_file_choice_picked(self, message: FileChoice.Picked) -> None:
        message.stop()
        self.dismiss(message.path)
