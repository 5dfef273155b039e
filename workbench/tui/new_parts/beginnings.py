"""What an empty workspace can begin with; enter does it."""

from __future__ import annotations

from typing import ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList

from workbench.tui.context.app_context import AppContext
from workbench.tui.new_parts.new_prompt import WAYS, open_new_prompt
from workbench.tui.widgets.option_lists import PlainOptions
from workbench.tui.widgets.text import PlainStatic

HEAD = (
    "There is no prompt here yet. A prompt begins as a draft, a file in prompts/: you edit and try"
    " it in Draft, run it on a suite of cases, and release it once its gate passes.\n\nBegin with:"
)


class Beginnings(Vertical):
    """A list in the place of the prompts, while there are none."""

    DEFAULT_CSS: ClassVar[str] = """
    Beginnings { height: 1fr; padding: 1 2; }
    Beginnings > PlainStatic { height: auto; margin-bottom: 1; }
    Beginnings > PlainOptions { height: auto; max-height: 1fr; background: $background; }
    """
    app = getters.app(AppContext)

    def compose(self) -> ComposeResult:
        yield PlainStatic(HEAD)
        yield PlainOptions(WAYS, id="beginnings")

    def on_mount(self) -> None:
        self.query_one("#beginnings").focus()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        open_new_prompt(self.app, message.option_id or "")
