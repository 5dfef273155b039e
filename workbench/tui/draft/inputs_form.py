"""What a prompt is to be tried on: a field for each input, typed or filled from a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual.widget import Widget
from textual.widgets import TextArea

from workbench.datasets.cells import typed
from workbench.datasets.values import Case
from workbench.errors import DatasetError, UsageError
from workbench.present import numbers
from workbench.present.case_values import input_text
from workbench.prompts.contract import undeclared
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.kinds import MEDIA
from workbench.prompts.sizes import about_tokens
from workbench.prompts.values import Input, Prompt
from workbench.tui.base.dialog import labelled
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text import PlainLabel, plain
from workbench.tui.widgets.value_area import ValueArea

EMPTY = "empty"
"""The choice of a form without values."""
_LISTED = 2_000
"""Cases that can be chosen from; the others are reached in the dataset."""


GIVEN = "given"
"""The id of typed inputs until they are kept."""


class InputsForm(KeptDialog[Case]):
    """Closes with the case to try: the one it was filled from, unless something else was typed."""

    kept_as = "inputs"
    first_field = "#given-0"
    DEFAULT_CSS: ClassVar[str] = """
    InputsForm #dialog { width: 100%; max-width: 100; }
    InputsForm ValueArea { height: 5; border: round $border; padding: 0; }
    InputsForm ValueArea:focus { border: round $accent; }
    InputsForm .about { color: $text-muted; padding-left: 2; }
    """

    def __init__(
        self, title: str, inputs: Sequence[Input], cases: Sequence[Case], shown: Case | None
    ) -> None:
        """`cases` are what it can be filled from; `shown` is what it begins with."""
        super().__init__(title, "Try", about=title)
        self._inputs = inputs
        self._cases = {case.id: case for case in cases[:_LISTED]}
        if shown is not None:
            self._cases.setdefault(shown.id, shown)
        self._shown = shown

    def body(self) -> Iterable[Widget]:
        if self._cases:
            shown = self._shown.id if self._shown else EMPTY
            labels = [
                Option(one.id, f"{one.id}  {input_text(one)}") for one in self._cases.values()
            ]
            options = [*labels, Option(EMPTY, "nothing: empty fields")]
            yield labelled("filled from", Choice(options, shown, id="filled-from"))
        for at, item in enumerate(self._inputs):
            text = self._text(item)
            offered = _offered(item)
            if offered:
                choice = Choice(offered, id=f"given-{at}")
                choice.choose(text)
                yield labelled(item.name, choice)
                if item.description:
                    yield PlainLabel(item.description, classes="about")
                continue
            yield PlainLabel(_label(item))
            area = ValueArea(text, id=f"given-{at}")
            area.border_subtitle = plain(size_of(text))
            yield area

    def _text(self, item: Input) -> str:
        if self._shown is not None and item.name in self._shown.inputs:
            return flat_json(self._shown.inputs[item.name])
        return "" if item.default is None else flat_json(item.default)

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """Fill the fields from another case; what was typed is gone then, but for undo."""
        message.stop()
        if message.choice.id != "filled-from":
            return
        self._shown = self._cases.get(message.choice.value)
        for control, item in zip(self._controls(), self._inputs, strict=True):
            if isinstance(control, Choice):
                control.choose(self._text(item))
            else:
                control.replace_text(self._text(item))

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        message.stop()
        message.text_area.border_subtitle = plain(size_of(message.text_area.text))

    def _controls(self) -> list[Choice | ValueArea]:
        """What holds each input: a list where it is one of a few values, else a text."""
        ids = [f"#given-{at}" for at in range(len(self._inputs))]
        return [
            control
            for control in map(self.query_one, ids)
            if isinstance(control, Choice | ValueArea)
        ]

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._give)

    def _give(self) -> None:
        controls = self._controls()
        texts = [one.value if isinstance(one, Choice) else one.text for one in controls]
        given = {item.name: text for item, text in zip(self._inputs, texts, strict=True)}
        shown = self._shown
        if shown is not None and all(
            text == self._text(item)
            for item, text in zip(self._inputs, given.values(), strict=True)
        ):
            self.dismiss(shown)
            return
        values: dict[str, Any] = {}
        for control, item in zip(controls, self._inputs, strict=True):
            try:
                values |= values_of([item], given)
            except UsageError as error:
                self.problem(str(error))
                control.focus()
                return
        self.dismiss(Case(GIVEN, values))


def _offered(item: Input) -> list[Option]:
    """The values of an input that takes one of a few; none for any other."""
    values = list(item.enum or ((True, False) if item.kind == "boolean" else ()))
    if not values:
        return []
    texts = list(dict.fromkeys(map(flat_json, values)))
    is_optional = not item.required or item.default is not None
    return [*([Option("", "(empty)")] if is_optional else []), *map(Option, texts)]


def size_of(text: str) -> str:
    """Characters and about how many tokens."""
    return f"{numbers.plural(len(text), 'character')} · ≈ {numbers.tokens(about_tokens(text))} tok"


def inputs_of(prompt: Prompt) -> tuple[Input, ...]:
    """Its declared inputs and the other variables of its templates."""
    return (*prompt.inputs, *(Input(name) for name in undeclared(prompt)))


def values_of(inputs: Sequence[Input], given: Mapping[str, str]) -> dict[str, Any]:
    """Values converted to the inputs' kinds; empty optional ones are left out.

    Raises UsageError for a missing value, or one of another kind.
    """
    values: dict[str, Any] = {}
    for item in inputs:
        text = given.get(item.name, "")
        if text:
            values[item.name] = _typed(item, text)
        elif item.required and item.default is None:
            raise UsageError(f"{item.name} is empty, and the prompt needs it")
    return values


def _typed(item: Input, text: str) -> Any:
    if item.kind in MEDIA:  # a file is read when it is tried
        return text
    try:
        value = typed(text, item.kind)
    except DatasetError as error:
        raise UsageError(f"{item.name} {error.message}") from error
    problem = misfit(item, value)
    if problem:
        raise UsageError(f"{item.name} {problem}")
    return value


def _label(item: Input) -> str:
    parts = [item.name, item.kind if item.required else f"{item.kind}, may be empty"]
    if item.enum:
        parts.append(f"one of {', '.join(map(flat_json, item.enum))}")
    if item.minimum is not None:
        parts.append(f"at least {item.minimum:.15g}")
    if item.maximum is not None:
        parts.append(f"at most {item.maximum:.15g}")
    return " · ".join([*parts, *filter(None, [item.description])])
