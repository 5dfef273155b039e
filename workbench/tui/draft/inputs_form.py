"""What a prompt is to be tried on, where no case says it: a field for each input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from textual.widget import Widget

from workbench.datasets.cells import typed
from workbench.errors import DatasetError, UsageError
from workbench.prompts.contract import undeclared
from workbench.prompts.inputs.checks import misfit
from workbench.prompts.kinds import MEDIA
from workbench.prompts.values import Input, Prompt
from workbench.tui.base.dialog import Dialog
from workbench.tui.table.case_texts import flat_json
from workbench.tui.widgets.text import PlainLabel
from workbench.tui.widgets.value_area import ValueArea


class InputsForm(Dialog[dict[str, str]]):
    """Closes with the typed texts by input name; `values_of` converts them."""

    first_field = "#given-0"
    DEFAULT_CSS: ClassVar[str] = """
    InputsForm #dialog { width: 100%; max-width: 100; }
    InputsForm ValueArea { height: 5; border: round $border; padding: 0; }
    InputsForm ValueArea:focus { border: round $accent; }
    """

    def __init__(
        self, title: str, yes: str, inputs: Sequence[Input], before: Mapping[str, str]
    ) -> None:
        """`before`: what was typed the last time; else the defaults stand there."""
        super().__init__(title, yes)
        self._inputs = inputs
        self._given = before

    def body(self) -> Iterable[Widget]:
        for at, item in enumerate(self._inputs):
            default = "" if item.default is None else flat_json(item.default)
            yield PlainLabel(_label(item))
            yield ValueArea(self._given.get(item.name, default), id=f"given-{at}")

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._give)

    def _give(self) -> None:
        areas = [self.query_one(f"#given-{at}", ValueArea) for at in range(len(self._inputs))]
        given = {item.name: area.text for item, area in zip(self._inputs, areas, strict=True)}
        for area, item in zip(areas, self._inputs, strict=True):
            try:
                values_of([item], given)
            except UsageError as error:
                self.problem(str(error))
                area.focus()
                return
        self.dismiss(given)


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
