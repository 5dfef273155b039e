"""Approve a version for an environment, or take what is live there off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing.publishing import publish_by_settings
from workbench.actions.session import Session
from workbench.tui.base.dialog import field
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.services.published import published_words
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment
    from workbench.tui.context.app_context import AppContext


def open_approve(app: AppContext, prompt_id: str, version: str, environment: str) -> None:
    """Ask before the approval is recorded under the user's name."""
    text = f"{prompt_id}@{version} may go to {environment}, says {app.workspace.author}."

    def approve(session: Session, reason: str) -> str:
        session.registry.approve(prompt_id, version, environment, session.author, reason)
        return ""

    done = f"approved {prompt_id}@{version} for {environment}"
    app.push_screen(Confirmed(f"Approve {prompt_id}@{version}", "Approve", text, approve, done))


def open_retire(app: AppContext, deployment: PromptDeployment) -> None:
    """Ask before nothing is live there any more."""
    prompt_id, environment = deployment.prompt_id, deployment.environment
    text = (
        f"{deployment.ref} is live in {environment}. After this nothing is: apps there get their "
        "default, and an error where they have none. R brings it back."
    )

    def retire(session: Session, reason: str) -> str:
        done = session.registry.retire(prompt_id, environment, session.author, reason)
        return published_words(publish_by_settings(session, done))

    done = f"nothing of {prompt_id} is live in {environment} now"
    title = f"Retire {prompt_id} in {environment}"
    app.push_screen(Confirmed(title, "Retire", text, retire, done, needs_reason=True))


class Confirmed(KeptDialog[bool]):
    """Says what will happen, takes a reason, does it in a thread. `act` returns what is to be said
    behind `done`.
    """

    kept_as = "reason"
    first_field = "#reason"

    def __init__(
        self,
        title: str,
        yes: str,
        text: str,
        act: Callable[[Session, str], str],
        done: str,
        *,
        needs_reason: bool = False,
    ) -> None:
        super().__init__(f"{title} · ^s does it", yes, about=text)
        self._text = text
        self._act = act
        self._done_text = done
        self._needs_reason = needs_reason

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(self._text)
        yield from field("reason", "reason", hint="for the log")

    def confirm(self) -> None:
        reason = self.query_one("#reason", Input).value.strip()
        if self._needs_reason and not reason:
            self.problem("it needs a reason, for the log")
            return
        self.app.in_thread(
            self._act,
            reason,
            done=self._finished,
            failed=self.refused,
        )

    def _finished(self, more: str) -> None:
        app = self.app
        self.dismiss(True)
        app.post_to_screen(RegistryChanged())
        app.tell(f"{self._done_text}{more}")
