"""A new prompt: its id, and a draft to begin with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual.widget import Widget
from textual.widgets import Input

from workbench.tui.base.dialog import Dialog, field
from workbench.tui.services.drafts import make_draft
from workbench.tui.widgets.text import PlainStatic


class NewDraft(Dialog[str]):
    """Closes with the prompt's id when a draft was made."""

    first_field = "#prompt-id"

    def __init__(self) -> None:
        super().__init__("New draft", "Make it")

    def body(self) -> Iterable[Widget]:
        yield from field("prompt-id", "id", hint="for example refund_letter")
        yield PlainStatic("Makes prompts/ID.prompty; evals/ID/suite.yaml will try it on cases.")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter makes it: there is one field, and nothing else is changed."""
        event.stop()
        # The dialog's own handler would go to the next field.
        event.prevent_default()
        self.action_yes()

    def confirm(self) -> None:
        prompt_id = self.query_one("#prompt-id", Input).value.strip()

        def made(path: Path) -> None:
            self.app.tell(f"made {path.name}")
            self.dismiss(prompt_id)

        self.app.in_thread(make_draft, prompt_id, done=made, failed=self.refused)
