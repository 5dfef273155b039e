"""Go back: from what to what, with both scores, before anything happens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing import deploy as deploying
from workbench.actions.releasing.publishing import publish_by_settings
from workbench.actions.session import Session
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.prompts.diff import Diff, diff_text
from workbench.prompts.files.prompty import write_prompty
from workbench.registry import PromptDeployment
from workbench.registry.models.records import RollbackPreview, Status
from workbench.tui.base.dialog import field, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.keys import keys
from workbench.tui.services.published import Published, published_words
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

Seen = tuple[RollbackPreview, Status | None, Diff]
"""The status of what is live: None where nothing is, since it was retired."""


def open_rollback(app: AppContext, prompt_id: str, environment: str, to: str | None = None) -> None:
    """Read where a rollback would go, then ask."""

    def look(session: Session) -> Seen:
        preview = deploying.rollback_preview(session, prompt_id, environment, to)
        registry = session.registry
        is_live = any(live.environment == environment for live in registry.live(prompt_id))
        status = registry.status(prompt_id, preview.from_version, environment)
        texts = [
            write_prompty(registry.get_version(prompt_id, version).prompt)
            for version in (preview.from_version, preview.to_version)
        ]
        now = status if is_live else None
        return preview, now, diff_text(texts[0], texts[1])

    open_with(app, look, lambda seen: Rollback(*seen))


class Rollback(KeptDialog[PromptDeployment]):
    """ctrl+s goes back to exactly what the preview says, or nowhere."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("diff")
    kept_as = "rollback"
    first_field = "#reason"

    def __init__(self, preview: RollbackPreview, now: Status | None, diff: Diff) -> None:
        where = f"{preview.prompt_id} in {preview.environment}"
        super().__init__(
            f"Roll back {where} · ^s goes back",
            "Roll back",
            about=f"{where}: {preview.from_version}",
        )
        self._preview = preview
        self._now = now
        self._diff = diff
        self._equal_lines = DiffContext(1)

    def body(self) -> Iterable[Widget]:
        yield TextView(id="rollback-preview")
        yield from field("reason", "reason", hint="what went wrong, for those who read the log")

    def on_mount(self) -> None:
        self._show_preview()

    def _show_preview(self) -> None:
        self.query_one("#rollback-preview", TextView).show(self._text())

    def action_context(self, way: int) -> None:
        """More or fewer equal lines around what changes in the text."""
        self.app.tell(self._equal_lines.step(way))
        self._show_preview()

    def _text(self) -> Content:
        from workbench.tui.dialogs.changed_outside import diff_block

        seen = self._preview
        before, now = "nothing", f"nothing: {seen.from_version} was retired"
        if self._now is not None:
            before, now = seen.from_version, f"{seen.from_version}: {_status(self._now)}"
        lines = [
            Content.assemble((f"{before} → {seen.to_version}", "bold")),
            Content(safe_line(f"now   {now}")),
            Content(safe_line(f"then  {seen.to_version}: {_status(seen.status)}")),
        ]
        lines += [
            Content.styled(safe_line(f"~ {warning}"), "$text-warning") for warning in seen.warnings
        ]
        lines.append(Content(f"history is kept; apps read {seen.to_version} at once"))
        lines += diff_block(self._diff, self._equal_lines)
        return Content("\n").join(lines)

    def confirm(self) -> None:
        seen = self._preview
        reason = self.query_one("#reason", Input).value.strip()

        def go_back(session: Session) -> Published:
            done = deploying.rollback(
                session,
                seen.prompt_id,
                seen.environment,
                reason=reason,
                to=seen.to_version,
                expect=seen.expect,
            )
            return done, publish_by_settings(session, done)

        self.app.in_thread(go_back, done=self._done, failed=self.refused)

    def _done(self, published: Published) -> None:
        app = self.app
        deployment, outcomes = published
        self.dismiss(deployment)
        app.post_to_screen(RegistryChanged())
        app.tell(
            f"{deployment.environment} is back on {deployment.ref}{published_words(outcomes)}",
            error=any(outcome.error for outcome in outcomes),
        )


def _status(status: Status) -> str:
    score = f"{numbers.score(status.score)} " if status.score is not None else ""
    return f"{score}{status.state.value}: {status.reason}"
