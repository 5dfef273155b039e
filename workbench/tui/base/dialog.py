"""What dialogs share: a frame, one line for problems, keys that default to the safe choice."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from textual import events, getters
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.keys import key_to_character
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Button, Input

from workbench.errors import WorkbenchError
from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys
from workbench.tui.terminal.textual_private import FilteredBindings
from workbench.tui.widgets.controls import Control
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.text import PlainLabel, PlainStatic, plain, plain_block

if TYPE_CHECKING:
    from workbench.actions.session import Session

InputType = Literal["integer", "number", "text"]
T = TypeVar("T")
Read = TypeVar("Read")

REST_S = 0.5
"""Seconds without a key press before an unrequested dialog accepts keys."""
BUTTONS_AND_FRAME = 3
LEAST_BODY = 2
HARMLESS = ("cancel", "help", "context")
"""Actions of such a dialog that work at once."""


def open_with(
    app: AppContext,
    read: Callable[[Session], Read],
    make: Callable[[Read], Dialog[Any] | None],
    answered: Callable[[Any], None] | None = None,
) -> None:
    """Read in a thread what a dialog shows, then open it, unless the user has left meanwhile.

    `make` may return None: then there is nothing to ask. Keys typed meanwhile go to the dialog.
    """
    asked_on = app.screen_stack[0]

    def opened(data: Read) -> None:
        if app.screen_stack[0] is not asked_on:
            app.tell("not asked: you had switched to another screen")
            return
        dialog = make(data)
        if dialog is not None:
            app.push_screen(dialog, answered)

    app.in_thread(read, done=opened, opens=True)


class _Problem(PlainStatic):
    """What is wrong; `fit` is called whenever it has become so many lines long or short."""

    def __init__(self, fit: Callable[[], None]) -> None:
        super().__init__(id="dialog-problem")
        self._fit = fit

    def on_resize(self) -> None:
        self._fit()


class Dialog(FilteredBindings[T]):
    """Override `body` and `confirm`. ESC closes it; ctrl+s confirms, `y` too where there is no text
    field. The focus starts on Cancel, unless `first_field` says otherwise.
    """

    MODE: ClassVar[str] = "dialog"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("dialog"), *keys.help_bindings()]
    default = "#yes"
    """The button that enter leads to from the last field: the safe one where the other cannot be
    taken back.
    """
    enter_confirms: ClassVar[bool] = False
    """Enter in the last field does what the default button does."""
    first_field = ""
    """A selector of the widget that gets the focus first; empty: Cancel."""
    unasked: ClassVar[bool] = False
    """It comes by itself: keys that were meant for what lay under it must not act in it."""

    def __init__(self, title: str, yes: str = "", *, no: str = "Cancel") -> None:
        super().__init__()
        self._heading = title
        self._yes = yes
        self._no = no
        self._takes_keys = not self.unasked
        self._last_key = math.inf

    app = getters.app(AppContext)

    @property
    def is_open(self) -> bool:
        """Whether it can still be written to: an answer may come after the dialog was closed."""
        return self in self.app.screen_stack

    def drops_key(self, key: str) -> bool:
        """Letters and digits act on nothing where the dialog has a text field: the user may mean to
        type into it while the focus is elsewhere.
        """
        return _is_typed(key) and bool(self.query("Input, TextArea"))

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as frame:
            frame.border_title = plain(self._heading)
            with VerticalScroll(id="dialog-body", can_focus=False):
                yield from self.body()
            yield _Problem(self._fit)
            with Horizontal(id="dialog-buttons"):
                yield Button(f"esc {self._no}", id="no", compact=True)
                if self._yes:
                    yield Button(f"^s {self._yes}", id="yes", compact=True)

    def body(self) -> Iterable[Widget]:
        """The widgets above the buttons."""
        return ()

    def confirm(self) -> None:
        """Do it. Close with `dismiss`, or say what is wrong with `problem`."""

    def on_mount(self) -> None:
        self.query_one(self.first_field or "#no").focus()
        if self.unasked:
            self.await_rest()

    def await_rest(self) -> None:
        """Take no key that acts until this was painted and nothing typed for a moment."""
        self._takes_keys, self._last_key = False, math.inf
        self.call_after_refresh(self._painted)

    def _painted(self) -> None:
        self._last_key = time.monotonic()

    @property
    def takes_keys(self) -> bool:
        """Whether keys act: at once if the user opened it, else after a pause in typing."""
        return self._takes_keys or time.monotonic() - self._last_key >= REST_S

    def on_key(self, event: events.Key) -> None:
        """Restart the wait whenever a key arrives too early."""
        if not self._takes_keys and self._last_key < math.inf:
            self._takes_keys = event.time - self._last_key >= REST_S
            self._last_key = max(self._last_key, event.time)

    def problem(self, text: str) -> None:
        """Say what is wrong, above the buttons; it stays until the next try."""
        self._show_line(f"! {text}" if text else "", "$text-error bold")

    def progress(self, text: str) -> None:
        """Say what is under way, in the place of a problem."""
        self._show_line(text, "$text-muted")

    def _show_line(self, text: str, style: str) -> None:
        if self.is_open:
            line = self.query_one("#dialog-problem", PlainStatic)
            line.show(plain_block(text, style))

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Keep the problem line and the buttons visible; the rest scrolls."""
        if self.is_attached:
            below = self.query_one("#dialog-problem").size.height + BUTTONS_AND_FRAME
            body = self.query_one("#dialog-body")
            body.styles.max_height = max(LEAST_BODY, self.size.height - below)

    def refused(self, error: WorkbenchError) -> None:
        """Show the error of a job here, or in the status line once the dialog is closed."""
        if self.is_open:
            self.problem(str(error))
        else:
            self.app.tell(str(error), error=True)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close it, and first what covers it, such as help. Nothing happens if the user closed it
        while a thread was working: the screen below would be closed instead.
        """
        if not self.is_open:
            return AwaitComplete()
        while self.is_open and self.app.screen is not self:
            self.app.pop_screen()
        return super().dismiss(result)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action not in HARMLESS and not self.takes_keys:
            return False
        return bool(self._yes) if action == "yes" else True

    def action_help(self) -> None:
        self.app.action_help()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_yes(self) -> None:
        self.problem("")
        self.confirm()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "yes":
            self.action_yes()
        else:
            self.action_cancel()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._field_done()

    def on_control_done(self, event: Control.Done) -> None:
        event.stop()
        self._field_done()

    def _field_done(self) -> None:
        """Enter: the next field, and from the last one the default button."""
        chain = [widget for widget in self.focus_chain if not isinstance(widget, Button)]
        is_last = self.focused is None or self.focused is chain[-1]
        if not is_last or not self._yes:
            self.focus_next()
        elif self.enter_confirms:
            self.action_yes()
        else:
            self.query_one(self.default).focus()


def _is_typed(key: str) -> bool:
    """Whether it is a single letter or digit."""
    return (key_to_character(key) or "").isalnum()


def labelled(label: str, control: Widget, unit: str = "") -> Horizontal:
    """A control with its label before it and its unit after it."""
    parts = [PlainLabel(label, classes="field-label"), control]
    if unit:
        parts.append(PlainLabel(unit, classes="field-unit"))
    return Horizontal(*parts, classes="field")


def field(
    name: str,
    label: str,
    value: str = "",
    *,
    hint: str = "",
    goes_on: bool = False,
    unit: str = "",
    number: InputType = "text",
    suggester: Suggester | None = None,
) -> Iterable[Widget]:
    """A label and an input on one line; the input's id is `name`.

    Typing replaces `value`; with `goes_on` it is appended. `number` is what can be typed: a whole
    number, any number, or a text; `unit` is what it counts.
    """
    entry = PlainInput(
        value,
        placeholder=hint,
        id=name,
        compact=True,
        select_on_focus=not goes_on,
        type=number,
        suggester=suggester,
    )
    yield labelled(label, entry, unit)
