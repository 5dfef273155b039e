"""Step 4: the gate's rule, with what these cases can decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import ClassVar, Literal

from textual.containers import Horizontal
from textual.validation import Integer, Number
from textual.widget import Widget
from textual.widgets import Input, RadioSet

from workbench.actions.workspace.new_parts.suite import Gate
from workbench.runs.spec.suite import (
    MIN_CASES,
    NO_REGRESSIONS,
    NOT_WORSE,
    THRESHOLD,
)
from workbench.tui.new_parts.suite_walk.form import Walk
from workbench.tui.new_parts.suite_walk.step import Step
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.option_lists import PlainRadios
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.text import PlainLabel, PlainStatic
from workbench.verdicts.planner import plan_sentence
from workbench.verdicts.statistics.case_counts import excluded_sentence, luck, minimum_cases

RULES = (
    ("no case that passed may fail: for few cases", NO_REGRESSIONS),
    ("not worse than what is live, by more than a margin", NOT_WORSE),
    ("the score alone, whatever is live", THRESHOLD),
)
_INVALID = "a number within the limits stands in each field"


class GateStep(Step):
    """What the rule can decide on so many cases is said again with each change."""

    step = "gate"
    first_field = "#yes"
    DEFAULT_CSS: ClassVar[str] = """
    GateStep PlainStatic { height: auto; }
    GateStep #rule { margin: 1 0; }
    GateStep .number { height: 1; }
    GateStep .number > .field-label { width: 24; }
    GateStep .number > Input { width: 8; }
    GateStep .number > Choice { width: 30; }
    GateStep .number > .unit { width: 1fr; margin-left: 1; }
    GateStep #decides { margin-top: 1; }
    """

    def __init__(self, walk: Walk, gate: Gate) -> None:
        super().__init__(walk)
        self._gate = gate

    def body(self) -> Iterable[Widget]:
        gate, count = self._gate, len(self.walk.cases)
        yield PlainStatic(f"A version may go live when its answers to {count:,} cases keep this:")
        yield PlainRadios(RULES, gate.rule, id="rule")
        share = Number(0, 100)
        yield _number("margin", "margin", f"{100 * gate.margin:g}", "points worse at most", share)
        threshold = f"{100 * gate.threshold:g}"
        yield _number("threshold", "never below", threshold, "% of the score", share)
        least = str(gate.min_cases or MIN_CASES)
        yield _number("least", "from so many cases on", least, "cases", Integer(1, 1_000_000))
        names = self.app.workspace.settings.environments
        baseline = gate.baseline if gate.baseline in names else next(iter(names))
        with Horizontal(classes="number"):
            yield PlainLabel("what is live in", classes="field-label")
            yield Choice([Option(name) for name in names], baseline, id="baseline")
        yield PlainStatic(id="decides")

    def on_mount(self) -> None:
        self._say()

    def gather(self) -> None:
        gate = self._gathered()
        if gate:
            self.walk.change(gate=asdict(gate))

    def _gathered(self) -> Gate | None:
        """The gate of the fields; None: one of them holds no such number."""
        fields = {item.id or "": item for item in self.query(Input)}
        if not all(item.is_valid for item in fields.values()):
            return None
        try:
            margin = float(fields["margin"].value) / 100
            threshold = float(fields["threshold"].value) / 100
            least = int(fields["least"].value)
        except ValueError:
            return None
        rule = self.query_one(PlainRadios).choice
        baseline = self.query_one(Choice).value
        return Gate(rule, margin, threshold, baseline, None if least == MIN_CASES else least)

    def on_radio_set_changed(self, message: RadioSet.Changed) -> None:
        message.stop()
        self._changed()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._changed()

    def on_choice_changed(self, message: Choice.Changed) -> None:
        message.stop()
        self._changed()

    def _changed(self) -> None:
        self.touched()
        self._say()

    def _say(self) -> None:
        gate = self._gathered()
        self.problem("" if gate else _INVALID)
        text = decides(gate, len(self.walk.cases)) if gate else ""
        self.query_one("#decides", PlainStatic).show(text)

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._next)

    def _next(self) -> None:
        from workbench.tui.new_parts.suite_walk.files import FilesStep

        if self._gathered() is None:
            self.problem(_INVALID)
            return
        self.gather()
        self.go_on(FilesStep(self.walk))


def _number(name: str, label: str, value: str, unit: str, limits: Number | Integer) -> Widget:
    kind: Literal["integer", "number"] = "integer" if isinstance(limits, Integer) else "number"
    return Horizontal(
        PlainLabel(label, classes="field-label"),
        PlainInput(value, id=name, type=kind, validators=[limits], compact=True),
        PlainLabel(unit, classes="unit"),
        classes="number",
    )


def decides(gate: Gate, count: int) -> str:
    """What the gate can decide on so many cases, and what it cannot."""
    lines = []
    if gate.rule == NOT_WORSE:
        lines.append(f"{excluded_sentence(count, gate.margin)}.")
        if count < minimum_cases(gate.margin):
            lines.append("Until then it says: no decision. Take the first rule, or a wider margin.")
        elif gate.margin > 0:
            lines.append(f"{plan_sentence(count, gate.margin)}.")
    elif gate.rule == NO_REGRESSIONS:
        lines.append("Decides on any number of cases: one that passed before and fails is enough.")
        lines.append("Answers that change by chance stop a version, too.")
    chance = 100 * luck(gate.threshold, count)
    lines.append(
        f"A version 5 points below {100 * gate.threshold:g} % reaches it by luck in {chance:.0f} %"
        " of tries."
    )
    least = gate.min_cases or MIN_CASES
    if count < least:
        lines.append(f"There are {count:,} cases, fewer than {least:,}: nothing can pass.")
    return "\n".join(lines)
