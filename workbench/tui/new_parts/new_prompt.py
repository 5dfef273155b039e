"""A new prompt: from a template, from a pasted text, or from another tool's file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.widget import Widget
from textual.widgets import Input, OptionList, TextArea

from workbench.actions.workspace.new_parts.names import NAME
from workbench.actions.workspace.new_parts.prompt import TEMPLATES, new_prompt, variables
from workbench.tui.base.dialog import Dialog, field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.widgets.option_lists import PlainOptions
from workbench.tui.widgets.prompt_text import prompt_text
from workbench.tui.widgets.text import PlainStatic
from workbench.tui.widgets.text_view import TextView
from workbench.tui.widgets.value_area import ValueArea

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.tui.context.app_context import AppContext

PASTED, IMPORTED = "pasted text", "import"
_TITLES = {"extract": "extract to JSON", "answer": "answer with a context"}
WAYS = (
    *((name, _TITLES.get(name, name), one.summary) for name, one in TEMPLATES.items()),
    (PASTED, "pasted text…", "A prompt that you have, or a whole .prompty file."),
    (IMPORTED, "import…", "A file of promptfoo, Langfuse, OpenAI and others."),
)
_NAME_HINT = "for example ticket_triage"
_NAMES = "lower case letters, digits, '.', '_' and '-'"


def open_new_prompt(app: AppContext, way: str = "") -> None:
    """Ask what it begins with and its name; what was made opens in Draft."""
    if way == PASTED:
        app.push_screen(PastedPrompt(), lambda made: _open(app, made))
    elif way == IMPORTED:
        from workbench.tui.new_parts.import_file import ImportFile

        app.push_screen(ImportFile(), lambda made: _open(app, made))
    else:
        app.push_screen(NewPrompt(way), lambda made: _answered(app, made))


def _answered(app: AppContext, answer: str | None) -> None:
    """The prompt that was made, or another way to begin one."""
    if answer in (PASTED, IMPORTED):
        open_new_prompt(app, answer)
    else:
        _open(app, answer)


def _open(app: AppContext, prompt_id: str | None) -> None:
    if prompt_id:
        app.select(prompt_id=prompt_id, version=None)
        app.action_go("draft")


class NewPrompt(Dialog[str]):
    """Closes with the id of the prompt that was made, or with PASTED or IMPORTED."""

    first_field = "#ways"
    DEFAULT_CSS: ClassVar[str] = """
    NewPrompt #template { height: 8; max-height: 8; border: round $border; }
    """

    def __init__(self, way: str = "") -> None:
        super().__init__("New prompt · enter chooses", "Make it")
        self._way = way
        if way:
            self.first_field = "#prompt-id"

    def body(self) -> Iterable[Widget]:
        yield PlainOptions(WAYS, id="ways")
        yield from field("prompt-id", "name", hint=_NAME_HINT)
        yield TextView(id="template")

    def on_mount(self) -> None:
        if self._way:
            place = [name for name, _, _ in WAYS].index(self._way)
            self.query_one(PlainOptions).highlighted = place

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        """Show what the prompt would say."""
        message.stop()
        way = message.option_id or ""
        view = self.query_one("#template", TextView)
        if way in TEMPLATES:
            view.show(prompt_text(TEMPLATES[way].text))
        else:
            view.show("enter goes on")

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        if message.option_id in (PASTED, IMPORTED):
            self.dismiss(message.option_id)
        else:
            self.query_one("#prompt-id").focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter makes it: nothing else is changed."""
        event.stop()
        event.prevent_default()
        self.action_yes()

    def confirm(self) -> None:
        way = self.query_one(PlainOptions).chosen
        if way in (PASTED, IMPORTED):
            self.dismiss(way)
            return
        prompt_id = self.query_one("#prompt-id", Input).value.strip()
        if not check_id(self, prompt_id):
            return

        def made(path: Path) -> None:
            self.app.tell(f"made {path.name} · ^t tries it")
            self.dismiss(prompt_id)

        def make(session: Session) -> Path:
            return new_prompt(session.workspace, prompt_id, way)

        self.app.in_thread(make, done=made, failed=self.refused, opens=True)


class PastedPrompt(KeptDialog[str]):
    """Closes with the id of the prompt that was made of the text."""

    first_field = "#pasted"
    kept_as = "prompt"
    DEFAULT_CSS: ClassVar[str] = """
    PastedPrompt #pasted { height: 13; border: round $border; padding: 0; }
    PastedPrompt #pasted:focus { border: round $accent; }
    PastedPrompt.-tall #pasted { height: 22; }
    """

    def __init__(self) -> None:
        super().__init__("New prompt from a text · paste it, then ^s", "Make it")

    def body(self) -> Iterable[Widget]:
        yield ValueArea("", id="pasted")
        yield from field("prompt-id", "name", hint=_NAME_HINT)
        yield PlainStatic(id="inputs")

    def on_mount(self) -> None:
        self._say_inputs()

    def on_text_area_changed(self, message: TextArea.Changed) -> None:
        message.stop()
        self._say_inputs()

    def _say_inputs(self) -> None:
        """Which inputs the text takes."""
        named = variables(self.query_one("#pasted", ValueArea).text)
        inputs = ", ".join(named) or "none yet; write a variable as {{ text }}"
        self.query_one("#inputs", PlainStatic).show(
            f"inputs: {inputs}\nroles: a line `system:` or `user:` begins a message; without one"
            " all of it is the user's"
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.prevent_default()
        self.action_yes()

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._make)

    def _make(self) -> None:
        given = self.typed()
        text, prompt_id = given["pasted"], given["prompt-id"].strip()
        if not text.strip():
            self.problem("there is no text yet: paste it, or type it")
            self.query_one("#pasted").focus()
            return
        if not check_id(self, prompt_id):
            return

        def made(path: Path) -> None:
            self.app.tell(f"made {path.name} · ^t tries it")
            self.dismiss(prompt_id)

        def make(session: Session) -> Path:
            return new_prompt(session.workspace, prompt_id, text=text)

        self.app.in_thread(make, done=made, failed=self.refused, opens=True)


def check_id(dialog: Dialog[Any], prompt_id: str) -> bool:
    """Whether a prompt may be called so; else the dialog says why, and its field has the focus."""
    if NAME.fullmatch(prompt_id):
        return True
    dialog.problem(f"{prompt_id!r} is no name: {_NAMES}" if prompt_id else f"a name: {_NAMES}")
    dialog.query_one("#prompt-id").focus()
    return False
