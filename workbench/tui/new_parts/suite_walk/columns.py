"""Step 2: what each column is, with the first rows beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from workbench.actions.workspace.new_parts.columns import INPUT, ROLES, UNUSED, cases_of
from workbench.errors import WorkbenchError
from workbench.present.numbers import plural
from workbench.present.safe_text import safe_line
from workbench.tui.new_parts.suite_walk.form import Walk
from workbench.tui.new_parts.suite_walk.step import Step
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text import PlainLabel, PlainStatic

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.datasets.values import Case

SAMPLE_CHARS = 200


class ColumnsStep(Step):
    """Enter goes on: what is proposed is right more often than not."""

    step = "columns"
    first_field = "#yes"
    DEFAULT_CSS: ClassVar[str] = """
    ColumnsStep .column { height: 1; }
    ColumnsStep .column > .name { width: 18; margin-right: 1; }
    ColumnsStep .column > Choice { width: 28; margin-right: 1; }
    ColumnsStep .column > .sample { width: 1fr; color: $text-muted; }
    ColumnsStep PlainStatic { height: auto; }
    ColumnsStep #cases { margin-top: 1; }
    """

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk)
        assert walk.rows is not None
        self._rows = walk.rows

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(self._head())
        for at, column in enumerate(self._rows.columns):
            role = self.walk.form.roles[column]
            samples = " │ ".join(
                safe_line(flat_json(one)[:SAMPLE_CHARS]) for one in self._rows.samples(column)
            )
            with Horizontal(classes="column"):
                yield PlainLabel(safe_line(column), classes="name")
                yield Choice(self._choices(column, role), role, id=f"role-{at}")
                yield PlainLabel(samples, classes="sample")
        yield PlainStatic(id="cases")

    def _head(self) -> str:
        prompt = self.walk.prompt
        named = ", ".join(item.name for item in prompt.inputs) if prompt else ""
        takes = f"The prompt's inputs: {named}. " if named else ""
        return f"{takes}Each column, what it is, and its first values; tab goes to them."

    def _choices(self, column: str, role: str) -> list[Option]:
        prompt = self.walk.prompt
        inputs = [f"{INPUT}{item.name}" for item in prompt.inputs] if prompt else []
        own = f"{INPUT}{column.removeprefix('inputs.')}"
        return [Option(one) for one in dict.fromkeys([*inputs, *ROLES, own, role, UNUSED])]

    def on_mount(self) -> None:
        self._read(then_go_on=False)

    def gather(self) -> None:
        self.walk.change(
            roles={
                column: self.query_one(f"#role-{at}", Choice).value
                for at, column in enumerate(self._rows.columns)
            }
        )

    def on_choice_changed(self, message: Choice.Changed) -> None:
        message.stop()
        before = self.walk.form.roles
        self.gather()
        if self.walk.form.roles != before:
            self.walk.change(scorers={}, gate={})
            self.touched()
            self._read(then_go_on=False)

    def _read(self, *, then_go_on: bool) -> None:
        roles, prompt, rows = self.walk.form.roles, self.walk.prompt, self._rows

        def read(_session: Session) -> tuple[Case, ...]:
            return cases_of(rows, roles, prompt)

        def done(cases: tuple[Case, ...]) -> None:
            if self.is_open and self.walk.form.roles == roles:
                self.walk.cases = cases
                self.problem("")
                self.query_one("#cases", PlainStatic).show(_first(cases))
                if then_go_on:
                    self._to_scorers()

        def failed(error: WorkbenchError) -> None:
            self.walk.cases = ()
            if self.is_open:
                self.query_one("#cases", PlainStatic).show("")
            self.refused(error)

        self.app.in_thread(read, done=done, failed=failed, group="cases", opens=then_go_on)

    def confirm(self) -> None:
        self._read(then_go_on=True)

    def _to_scorers(self) -> None:
        from workbench.tui.new_parts.suite_walk.scorers import ScorersStep

        self.go_on(ScorersStep(self.walk))


def _first(cases: tuple[Case, ...]) -> Content:
    """How many cases come of it, and the first one."""
    expected = sum(case.expected is not None for case in cases)
    case = cases[0]
    lines = [Content(f"{plural(len(cases), 'case')}, {expected:,} with an expected answer")]
    values = {**case.inputs, "expected": case.expected, "tags": " ".join(case.tags)}
    lines.append(Content.styled(safe_line(f"first: {case.id}"), "bold"))
    lines += [
        Content(safe_line(f"  {name}: {flat_json(value)[:SAMPLE_CHARS]}"))
        for name, value in values.items()
        if value not in (None, "")
    ]
    return Content("\n").join(lines)
