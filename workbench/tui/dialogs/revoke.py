"""Never again: a version that must not go live any more, and what that does not do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing import revoke as revoking
from workbench.actions.releasing.revoke import RevokePreview
from workbench.actions.session import Session
from workbench.present.safe_text import safe_line
from workbench.tui.base.dialog import field, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

MEANING = (
    "After this no deploy, rollback or override makes it live, and nothing takes that back.",
    "What is live stays: apps go on reading it, marked revoked, until another version is live.",
    "The log keeps the version, who revoked it and why.",
)


def open_revoke(app: AppContext, prompt_id: str, version: str) -> None:
    """Read where the version is live, then ask."""

    def look(session: Session) -> RevokePreview:
        return revoking.preview(session, prompt_id, version)

    open_with(app, look, Revoke)


class Revoke(KeptDialog[bool]):
    """ctrl+s revokes it, with a reason."""

    kept_as = "revoke"
    first_field = "#reason"
    default = "#no"

    def __init__(self, preview: RevokePreview) -> None:
        ref = preview.version.ref
        super().__init__(f"Revoke {ref} · ^s revokes it for ever", "Revoke", about=ref)
        self._preview = preview

    def body(self) -> Iterable[Widget]:
        yield TextView(id="revoke-preview")
        yield from field("reason", "reason", hint="why, for those who read it later")

    def on_mount(self) -> None:
        self.query_one("#revoke-preview", TextView).show(preview_text(self._preview))

    def confirm(self) -> None:
        reason = self.query_one("#reason", Input).value.strip()
        if not reason:
            self.problem("it needs a reason, for the log and for whoever uses the version")
            return
        version = self._preview.version

        def revoke(session: Session) -> tuple[str, ...]:
            return revoking.revoke(session, version.prompt_id, version.version, reason)

        self.app.in_thread(revoke, done=self._done, failed=self.refused)

    def _done(self, still_live: tuple[str, ...]) -> None:
        app, ref = self.app, self._preview.version.ref
        self.dismiss(True)
        app.post_to_screen(RegistryChanged())
        if still_live:
            where = ", ".join(still_live)
            app.tell(f"{ref} is revoked, and still live in {where}: R or D there", error=True)
        else:
            app.tell(f"{ref} is revoked: it never goes live again")


def preview_text(preview: RevokePreview) -> Content:
    """Which version it is, where it is live or would come back to, and what revoking means."""
    version = preview.version
    about = f'{version.version} · "{version.description}" · {version.author}'
    if version.created_at:
        about += f" · {version.created_at[:10]}"
    lines = [Content.styled(safe_line(about), "bold")]
    for entry in preview.live:
        to = preview.back.get(entry.environment)
        way = f"R there goes back to {to}" if to else "nothing there to go back to"
        line = f"! LIVE in {entry.environment} since {entry.deployed_at[:10]} · {way}"
        lines.append(Content.styled(safe_line(line), "$text-warning"))
    if not preview.live:
        lines.append(Content("live nowhere"))
    for name in preview.way_back:
        lines.append(Content(safe_line(f"~ R in {name} would go back to it; then it passes it by")))
    return Content("\n").join([*lines, Content(""), *map(Content, MEANING)])
