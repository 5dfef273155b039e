"""The options of one scorer, each in a field of its type."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from textual.widget import Widget
from textual.widgets import Input

from workbench.errors import UsageError, WorkbenchError
from workbench.scorers.base import Kind
from workbench.scorers.catalog import REQUIRED, options_of
from workbench.tui.base.dialog import InputType, field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.widgets.controls import Tick
from workbench.tui.widgets.text import PlainStatic
from workbench.typed_options import Option, checked

_RARE = ("name", "after", "weight")
"""Options that a suite with several scorers of one kind needs, to be written in its file."""


_NUMBERS: Mapping[type, InputType] = {int: "integer", float: "number"}


class ScorerOptions(KeptDialog[dict[str, Any]]):
    """Closes with the options that differ from what holds without them."""

    kept_as = "scorer-options"
    DEFAULT_CSS: ClassVar[str] = """
    ScorerOptions .about { color: $text-muted; padding-left: 2; height: auto; }
    """

    def __init__(self, kind: Kind, given: Mapping[str, Any]) -> None:
        super().__init__(f"Options of {kind.name}", "Take them", about=kind.name)
        self._kind = kind
        self._given = given
        self._options = {k: o for k, o in options_of(kind).items() if k not in _RARE}
        self.first_field = "#option-0"

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(self._kind.summary)
        for at, (name, option) in enumerate(self._options.items()):
            value = self._given.get(name, option.default)
            about = "false: it is shown and never gates" if name == REQUIRED else option.summary
            if isinstance(option.default, bool):
                yield Tick(f"{name}: {about}", bool(value), id=f"option-{at}")
            else:
                number = _NUMBERS.get(type(option.default), "text")
                yield from field(
                    f"option-{at}", name, _shown(value, option), hint=_takes(option), number=number
                )
                yield PlainStatic(about, classes="about")

    def confirm(self) -> None:
        (self.focused or self).call_later(self._take)

    def _take(self) -> None:
        chosen: dict[str, Any] = {}
        for at, (name, option) in enumerate(self._options.items()):
            widget = self.query_one(f"#option-{at}")
            try:
                value = _value(widget, name, option)
            except WorkbenchError as error:
                self.problem(str(error))
                widget.focus()
                return
            if value != option.default:
                chosen[name] = value
        self.dismiss(chosen)


def _takes(option: Option) -> str:
    return {"list": "one, two", "dict": "{}"}.get(type(option.default).__name__, option.takes)


def _shown(value: Any, option: Option) -> str:
    if value is None:
        return ""
    if isinstance(option.default, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, str) or value in ([], {}):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _value(widget: Widget, name: str, option: Option) -> Any:
    """What the field holds, in the option's type. Raises UsageError."""
    if isinstance(widget, Tick):
        return widget.value
    assert isinstance(widget, Input)
    text = widget.value.strip()
    if not text:
        return option.default
    if isinstance(option.default, str):
        return checked(widget.value, option.kind, name, UsageError)
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    if isinstance(option.default, list) and not isinstance(value, list):
        value = [part.strip() for part in text.split(",") if part.strip()]
    return checked(value, option.kind, name, UsageError)
