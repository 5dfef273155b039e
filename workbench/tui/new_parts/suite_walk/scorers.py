"""Step 3: how an answer is judged, tried at once on three of the cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input

from workbench.actions.running.try_scorers import Example, try_scorers
from workbench.actions.workspace.new_parts.scoring import (
    Chosen,
    entries_text,
    made,
    offered_kinds,
    proposed,
)
from workbench.actions.workspace.new_parts.suite import proposed_gate, scorer_entry
from workbench.datasets.json_values import as_text
from workbench.errors import UsageError, WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.scorers.base import Kind, Score
from workbench.tui.base.dialog import field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.dialogs.columns import TickTable
from workbench.tui.keys import keys
from workbench.tui.new_parts.suite_walk.form import Walk
from workbench.tui.new_parts.suite_walk.step import Step
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.case_texts import flat_json
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.text import PlainLabel
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.datasets.values import Case
    from workbench.providers.base import Answer

TRIED = 3
"""Cases on which scorers are tried."""
EXPECTED, TYPED, ASKED = "expected", "typed", "asked"
ANSWERS = {
    EXPECTED: "what is expected",
    TYPED: "an answer of mine…",
    ASKED: f"the model's: {TRIED} calls",
}
"""What the scorers can be tried on; nothing is asked unless the last is pressed."""


@dataclass(frozen=True, slots=True)
class _Offered:
    """A scorer, and whether it is ticked."""

    name: str
    about: str
    ticked: bool


COLUMNS: tuple[Column[ListRow[_Offered]], ...] = (
    Column("mark", "", 3, lambda row: "[x]" if row.item.ticked else "[ ]"),
    Column("scorer", "scorer", 21, lambda row: row.item.name),
    Column("about", "what it checks", 40, lambda row: row.item.about, grows=True),
)


class ScorersStep(Step):
    """Space ticks, e sets options; what is ticked judges the answers below at once."""

    step = "scorers"
    keys_said = "space ticks, e: options"
    first_field = "#scorers"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("scorers")
    DEFAULT_CSS: ClassVar[str] = """
    ScorersStep #trial-head { height: 1; }
    ScorersStep #trial-head > PlainLabel { width: 9; }
    ScorersStep #trial-head > Button { margin-right: 2; }
    ScorersStep #trial-head > Button.-chosen { text-style: underline; }
    ScorersStep #dialog #trial { height: 8; max-height: 8; border: round $border; }
    ScorersStep #dialog #trial:focus { border: round $accent; }
    """

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk)
        if not walk.form.scorers:
            walk.change(scorers=proposed(walk.cases))
        ticked = walk.form.scorers
        self._kinds = {
            kind.name: kind for kind in sorted(offered_kinds(), key=lambda k: k.name not in ticked)
        }
        expected = [case for case in walk.cases if case.expected is not None]
        self._cases = (expected or list(walk.cases))[:TRIED]
        self._way = EXPECTED
        self._typed_answer = ""
        self._asked: tuple[Answer, ...] = ()

    def body(self) -> Iterable[Widget]:
        yield TickTable(COLUMNS, empty=("There is no scorer.",), id="scorers")
        with Horizontal(id="trial-head"):
            yield PlainLabel("tried on")
            for way, label in ANSWERS.items():
                yield Button(label, id=f"on-{way}", compact=True)
        yield TextView(id="trial")

    def on_mount(self) -> None:
        self.query_one(TickTable).load(self._rows())
        self._try()

    def _rows(self) -> list[ListRow[_Offered]]:
        chosen = self.walk.form.scorers
        return [
            ListRow(name, _Offered(name, self._about(kind), name in chosen), at, searched=name)
            for at, (name, kind) in enumerate(self._kinds.items())
        ]

    def _about(self, kind: Kind) -> str:
        options = self.walk.form.scorers.get(kind.name)
        return scorer_entry({kind.name: options}) if options else kind.summary

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Ticked, or the tick taken off. One that lacks an option asks for it."""
        message.stop()
        name, chosen = message.key, dict(self.walk.form.scorers)
        if name in chosen:
            del chosen[name]
            self._choose(chosen)
            return
        try:
            made({name: {}}, self.app.workspace.root)
        except WorkbenchError:
            self.action_options()
        else:
            self._choose({**chosen, name: {}})

    def _choose(self, chosen: Chosen) -> None:
        self.walk.change(scorers=chosen, gate={})
        self.touched()
        self.query_one(TickTable).put(self._rows())
        self._try()

    def action_options(self) -> None:
        from workbench.tui.new_parts.suite_walk.scorer_options import ScorerOptions

        name = self.query_one(TickTable).cursor_key
        if name not in self._kinds:
            return

        def answered(options: dict[str, object] | None) -> None:
            if options is not None:
                self._choose({**self.walk.form.scorers, name: options})

        given = self.walk.form.scorers.get(name, {})
        self.app.push_screen(ScorerOptions(self._kinds[name], given), answered)

    # The trial

    @on(Button.Pressed, "#trial-head > Button")
    def _choose_way(self, message: Button.Pressed) -> None:
        message.stop()
        message.prevent_default()
        way = (message.button.id or "").removeprefix("on-")
        if way == TYPED:
            self.app.push_screen(TypeAnswer(self._typed_answer), self._answer_typed)
            return
        self._way = way
        if way == ASKED and not self._asked:
            self._ask()
        else:
            self._try()

    def _answer_typed(self, answer: str | None) -> None:
        if answer is not None:
            self._way, self._typed_answer = TYPED, answer
            self._try()

    def _ask(self) -> None:
        prompt, cases = self.walk.prompt, self._cases
        self._show_trial("asking…")

        def ask(session: Session) -> tuple[Answer, ...]:
            from workbench.actions.running.run import try_case

            if prompt is None:
                raise UsageError("there is no draft to ask with")
            resolved, _ = session.workspace.with_provider(prompt, prompt.prompt_id)
            return tuple(try_case(session, resolved, case) for case in cases)

        def done(answers: tuple[Answer, ...]) -> None:
            self._asked = answers
            if self.is_open:
                self._try()

        def failed(error: WorkbenchError) -> None:
            self._show_trial(str(error))

        self.app.in_thread(ask, done=done, failed=failed, group="scorers")

    def _try(self) -> None:
        chosen, root, cases = self.walk.form.scorers, self.app.workspace.root, self._cases
        way = self._way
        if way == ASKED and not self._asked:
            return
        for button in self.query("#trial-head > Button"):
            button.set_class(button.id == f"on-{way}", "-chosen")
        if not chosen:
            self._show_trial("No scorer is ticked: space ticks one.")
            return
        texts = [self._answer_to(case, at) for at, case in enumerate(cases)]
        pairs = zip(cases, texts, strict=True)
        examples = [Example(text, case.expected, case.inputs, case.tags) for case, text in pairs]

        def read(_session: Session) -> Content:
            scores = try_scorers(entries_text(chosen), examples, root)
            return Content("\n").join(
                _lines(*each) for each in zip(cases, texts, scores, strict=True)
            )

        def failed(error: WorkbenchError) -> None:
            self._show_trial(str(error))

        self.app.in_thread(read, done=self._show_trial, failed=failed, group="scorers")

    def _answer_to(self, case: Case, at: int) -> str:
        if self._way == ASKED:
            return self._asked[at].text
        return self._typed_answer if self._way == TYPED else as_text(case.expected)

    def _show_trial(self, text: str | Content) -> None:
        if self.is_open:
            self.query_one("#trial", TextView).show(text)

    def confirm(self) -> None:
        chosen, root, cases = self.walk.form.scorers, self.app.workspace.root, self.walk.cases
        if not chosen:
            self.problem("one scorer at least: space ticks the one under the cursor")
            return

        def check(_session: Session) -> None:
            for scorer in made(chosen, root):
                lacking = [case for case in cases if scorer.lacks(case)]
                if len(lacking) == len(cases):
                    reason = scorer.lacks(lacking[0])
                    raise UsageError(f"{scorer.name} can judge no case: {reason}")

        def checked(_: None) -> None:
            from workbench.tui.new_parts.suite_walk.gate import GateStep

            self.go_on(GateStep(self.walk, self.walk.gate(proposed_gate(len(cases)))))

        self.app.in_thread(check, done=checked, failed=self.refused, opens=True)


def _lines(case: Case, answer: str, scores: Mapping[str, Score]) -> Content:
    """What was answered and expected, and each scorer's word."""
    head = f"{case.id}: {_short(answer)} (expected: {_short(case.expected)})"
    lines = [Content.styled(safe_line(head), "bold")]
    for name, score in scores.items():
        style = "$text-success" if score.value == 1 else "$text-warning"
        lines.append(
            Content.assemble(
                f"  {safe_line(name)} ",
                (numbers.score(score.value, 2), style),
                safe_line(f"  {score.reason}" if score.reason else ""),
            )
        )
    return Content("\n").join(lines)


def _short(value: object) -> str:
    text = flat_json(value).replace("\n", " ")
    return f"{text[:40]}…" if len(text) > 40 else text or "nothing"


class TypeAnswer(KeptDialog[str]):
    """Closes with an answer to judge."""

    kept_as = "answer"
    first_field = "#answer"
    enter_confirms = True

    def __init__(self, before: str) -> None:
        super().__init__("An answer to try the scorers on · enter takes it", "Try")
        self._before = before

    def body(self) -> Iterable[Widget]:
        yield from field("answer", "answer", self._before)

    def confirm(self) -> None:
        self.dismiss(self.query_one("#answer", Input).value)
