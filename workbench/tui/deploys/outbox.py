"""What did not arrive at the targets, and another try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from workbench.actions.releasing.publishing import Waiting, retry, waiting
from workbench.tui.base.dialog import Dialog, open_with
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.services.published import published_words
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.actions.releasing.delivering import Outcome
    from workbench.tui.context.app_context import AppContext


def open_outbox(app: AppContext) -> None:
    """Show what waits, if anything does."""

    def make(waits: Sequence[Waiting]) -> OutboxDialog | None:
        if not waits:
            app.tell("nothing waits to be sent")
            return None
        return OutboxDialog(waits)

    open_with(app, waiting, make)


class OutboxDialog(Dialog[bool]):
    """ctrl+s sends what waits again, and nothing else."""

    def __init__(self, waits: Sequence[Waiting]) -> None:
        super().__init__("Outbox · ^s sends it again", "Send again")
        self._waits = waits

    def body(self) -> Iterable[Widget]:
        yield TextView(id="waiting")

    def on_mount(self) -> None:
        self.query_one("#waiting", TextView).show("\n".join(map(str, self._waits)))

    def confirm(self) -> None:
        self.app.in_thread(retry, done=self._done, failed=self.refused)

    def _done(self, outcomes: list[Outcome]) -> None:
        app = self.app
        self.dismiss(True)
        app.post_to_screen(RegistryChanged())
        app.tell(
            published_words(outcomes).removeprefix(" · "),
            error=any(outcome.error for outcome in outcomes),
        )
