"""A table with its filter line and its counts, as the screens of cases show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.filters import NO_FILTER, Filter, Test, parse_filter
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.text import plain

AT_EACH_KEY = 20_000
"""Up to this many rows are filtered at each key: it takes no longer than the pause."""
PAUSE_S = 0.08
"""A filter over more rows starts when typing pauses so long."""


@dataclass(frozen=True, slots=True)
class NamedFilter:
    """One of the sets that `f` cycles through; no test: all rows."""

    name: str
    test: Test | None = None


class FindLine(PlainInput, can_focus=False):
    """One line under the title; esc empties it, then leaves it. It takes no focus unasked."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("find")

    class Left(Message):
        """Back to the table."""

    def action_leave(self) -> None:
        if self.value:
            self.value = ""
        else:
            self.post_message(self.Left())

    def action_to_table(self) -> None:
        self.post_message(self.Left())


class CasePane(Vertical):
    """`/` opens the filter line; it stays visible while it filters, with `11 of 400`."""

    DEFAULT_CSS = """
    CasePane { height: 1fr; }
    CasePane > FindLine { display: none; height: 1; border: none; padding: 0 1; }
    CasePane.-finding > FindLine { display: block; }
    """

    def __init__(
        self,
        table: CaseTable,
        title: str,
        named: Sequence[NamedFilter] = (NamedFilter("all"),),
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id, classes="pane")
        self.table = table
        self.named = tuple(named)
        self._title = title
        self._at = 0
        self._typed = NO_FILTER
        self._timer: Timer | None = None
        self._titles = ("", "")

    def compose(self) -> ComposeResult:
        yield FindLine(
            placeholder="/ text  !text  re:…  score<0.5  status:error", compact=True, max_length=500
        )
        yield self.table

    def on_mount(self) -> None:
        self._say()

    def show_title(self, title: str) -> None:
        """Name what the table shows."""
        self._title = title
        self._say()

    @property
    def current(self) -> NamedFilter:
        """The named set that is shown."""
        return self.named[self._at]

    @property
    def is_filtered(self) -> bool:
        """Whether rows may be left out."""
        return bool(self._typed or self._at or self.has_class("-finding"))

    def cycle(self) -> None:
        """The next named set."""
        self.choose(self.named[(self._at + 1) % len(self.named)].name)

    def choose(self, name: str) -> None:
        """The named set of that name; an unknown name means the first."""
        names = [item.name for item in self.named]
        self._at = names.index(name) if name in names else 0
        self._apply()

    def clear_filter(self) -> bool:
        """Show everything; False if everything was shown already."""
        line = self.query_one(FindLine)
        if not line.value and not self._at and not self.has_class("-finding"):
            return False
        self._at = 0
        self.remove_class("-finding")
        if line.value:
            line.value = ""
        else:
            self._apply()
        return True

    @on(CaseTable.FindAsked)
    def _find(self, message: CaseTable.FindAsked) -> None:
        message.stop()
        self.add_class("-finding")
        line = self.query_one(FindLine)
        line.can_focus = True
        line.focus()

    @on(FindLine.Left)
    def _left(self, message: FindLine.Left) -> None:
        message.stop()
        self._back_to_table(self.query_one(FindLine).value)

    @on(Input.Submitted)
    def _submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self._back_to_table(message.value)

    @on(Input.Changed)
    def _typing(self, message: Input.Changed) -> None:
        message.stop()
        typed = parse_filter(message.value, self.table.columns.columns)
        if typed.problem:
            self._say(typed.problem)
            return
        self._typed = typed
        if self._timer:
            self._timer.stop()
        if self.table.model.total <= AT_EACH_KEY:
            self._apply()
        else:
            self._timer = self.set_timer(PAUSE_S, self._apply)

    @on(CaseTable.Changed)
    def _changed(self) -> None:
        self._say()

    def _back_to_table(self, typed: str) -> None:
        self.set_class(bool(typed), "-finding")
        self.table.focus()
        self.query_one(FindLine).can_focus = False

    def _apply(self) -> None:
        test = self.current.test
        typed = self._typed
        wanted = typed if test is None else Filter(typed.text, (test, *typed.tests))
        # Called on the table: messages posted while the parent handles one do not bubble past it.
        self.table.call_later(self.table.find, wanted)

    def _say(self, problem: str = "") -> None:
        model = self.table.model
        counts = f"{len(model):,} of {model.total:,}" if model.wanted else f"all {model.total:,}"
        name = self.current.name
        problem = problem or model.wanted.trouble
        if problem:
            counts = problem
        elif name != "all":
            counts = f"{name}: {counts}"
        # A live run updates this ten times a second, mostly unchanged.
        if (self._title, counts) != self._titles:
            self._titles = (self._title, counts)
            self.border_title = plain(self._title)
            self.border_subtitle = plain(counts)
