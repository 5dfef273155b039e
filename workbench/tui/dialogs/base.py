"""What dialogs share: a frame, one line for problems, keys that default to the safe choice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input

from workbench.errors import WorkbenchError
from workbench.tui import keys
from workbench.tui.widgets.plain_input import PlainInput
from workbench.tui.widgets.text import PlainLabel, PlainStatic, plain

if TYPE_CHECKING:
    from workbench.tui.app import WorkbenchApp

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """Override `body` and `confirm`. ESC closes it; `y` (where no field has the focus) and ctrl+s
    confirm. The focus starts on Cancel, unless `first_field` says otherwise.
    """

    MODE: ClassVar[str] = "dialog"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("dialog"), *keys.help_bindings()]
    first_field = ""
    """A selector of the widget that gets the focus first; empty: Cancel."""

    def __init__(self, title: str, yes: str = "", *, no: str = "Cancel") -> None:
        super().__init__()
        self._heading = title
        self._yes = yes
        self._no = no

    @property
    def bench_app(self) -> WorkbenchApp:
        return cast("WorkbenchApp", self.app)

    @property
    def is_open(self) -> bool:
        """Whether it can still be written to: an answer may come after the dialog was closed."""
        return self in self.app.screen_stack

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as frame:
            frame.border_title = plain(self._heading)
            yield from self.body()
            yield PlainStatic(id="dialog-problem")
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

    def problem(self, text: str) -> None:
        """Say what is wrong, above the buttons; it stays until the next try."""
        if self.is_open:
            self.query_one("#dialog-problem", PlainStatic).show(f"! {text}" if text else "")

    def refused(self, error: WorkbenchError) -> None:
        """What a thread was asked to do and did not: said here, or below when this is closed."""
        if self.is_attached:
            self.problem(str(error))
        else:
            self.bench_app.tell(str(error), error=True)

    def close(self, result: T) -> None:
        """Dismiss, unless the user did while a thread was at work."""
        if self.is_attached:
            self.dismiss(result)

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close it, and first what lies over it: help, say, while a thread was at work."""
        while self.is_open and self.app.screen is not self:
            self.app.pop_screen()
        return super().dismiss(result)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return bool(self._yes) if action == "yes" else True

    def action_help(self) -> None:
        self.bench_app.action_help()

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
        """Enter goes on to the next field and never confirms."""
        event.stop()
        self.focus_next()


def field(name: str, label: str, value: str = "", *, hint: str = "") -> Iterable[Widget]:
    """A label and an input on one line; the input's id is `name`."""
    yield Horizontal(
        PlainLabel(label, classes="field-label"),
        PlainInput(value, placeholder=hint, id=name, compact=True, select_on_focus=False),
        classes="field",
    )
