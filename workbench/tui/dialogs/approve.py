"""Approve a version for an environment, or take what is live there off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.bench import Bench
from workbench.tui.dialogs.base import Dialog, field
from workbench.tui.messages import RegistryChanged
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment
    from workbench.tui.app import WorkbenchApp


def open_approve(app: WorkbenchApp, prompt_id: str, version: str, environment: str) -> None:
    """Ask before the approval is recorded under the user's name."""
    said = f"{prompt_id}@{version} may go to {environment}, says {app.workspace.author}."

    def approve(bench: Bench, reason: str) -> None:
        bench.registry.approve(prompt_id, version, environment, bench.author, reason)

    done = f"approved {prompt_id}@{version} for {environment}"
    app.push_screen(Confirmed(f"Approve {prompt_id}@{version}", "Approve", said, approve, done))


def open_retire(app: WorkbenchApp, deployment: PromptDeployment) -> None:
    """Ask before nothing is live there any more."""
    prompt_id, environment = deployment.prompt_id, deployment.environment
    said = (
        f"{deployment.ref} is live in {environment}. After this nothing is: apps there go on with "
        "what they last read, or their default."
    )

    def retire(bench: Bench, reason: str) -> None:
        bench.registry.retire(prompt_id, environment, bench.author, reason)

    done = f"nothing of {prompt_id} is live in {environment} now"
    app.push_screen(Confirmed(f"Retire {prompt_id} in {environment}", "Retire", said, retire, done))


class Confirmed(Dialog[bool]):
    """Says what will happen, takes a reason, does it in a thread."""

    def __init__(
        self, title: str, yes: str, said: str, act: Callable[[Bench, str], None], done: str
    ) -> None:
        super().__init__(f"{title} · y does it", yes)
        self._said = said
        self._act = act
        self._done_text = done

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(self._said)
        yield from field("reason", "reason", hint="for the log")

    def confirm(self) -> None:
        reason = self.query_one("#reason", Input).value.strip()
        self.bench_app.in_thread(
            self._act,
            reason,
            done=self._finished,
            failed=self.refused,
        )

    def _finished(self, _result: None) -> None:
        app = self.bench_app
        self.close(True)
        app.post_to_screen(RegistryChanged())
        app.tell(self._done_text)
