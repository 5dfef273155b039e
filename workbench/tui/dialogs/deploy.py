"""Make a version live: where, instead of what, and on which evidence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions import deploy as deploying
from workbench.actions.bench import Bench
from workbench.actions.deploy import DeployPreview
from workbench.errors import StaleHead, WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.tui import keys
from workbench.tui.dialogs.base import Dialog, field, open_with
from workbench.tui.diff_context import DiffContext
from workbench.tui.evidence_lines import evidence_text
from workbench.tui.list_rows import ListRow
from workbench.tui.messages import RegistryChanged
from workbench.tui.table_model import Column
from workbench.tui.widgets.case_table import CaseTable
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment
    from workbench.tui.app import WorkbenchApp

COLUMNS = (
    Column("environment", "environment", 13),
    Column("live", "live now", 9),
    Column("becomes", "becomes", 9),
    Column("state", "evidence", 18, grows=True),
)


def open_deploy(
    app: WorkbenchApp, prompt_id: str, version: str, environment: str | None = None
) -> None:
    """Read what a deployment would change in each environment, then ask."""

    def previews(bench: Bench) -> tuple[DeployPreview, ...]:
        names = [settings.name for settings in bench.registry.environments()]
        return tuple(deploying.preview(bench, prompt_id, version, name) for name in names)

    open_with(app, previews, lambda found: Deploy(prompt_id, version, found, environment))


class Deploy(Dialog["PromptDeployment"]):
    """Pick an environment, read the evidence, `y` deploys."""

    MODE: ClassVar[str] = "deploy"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("deploy"), *keys.bindings("diff")]
    first_field = "#environments"

    def __init__(
        self,
        prompt_id: str,
        version: str,
        previews: tuple[DeployPreview, ...],
        environment: str | None,
    ) -> None:
        super().__init__(f"Deploy {prompt_id}@{version} · y deploys where the cursor is", "Deploy")
        self._prompt_id = prompt_id
        self._version = version
        self._previews = {preview.environment: preview for preview in previews}
        self._first = environment or _where_next(previews)
        self._equal_lines = DiffContext(1)

    def body(self) -> Iterable[Widget]:
        yield CaseTable(COLUMNS, empty=("No environments in workbench.toml.",), id="environments")
        yield TextView(id="evidence")
        yield from field("reason", "reason", hint="for the log")

    def on_mount(self) -> None:
        rows = [_row(preview, at) for at, preview in enumerate(self._previews.values())]
        self.query_one(CaseTable).load(rows, cursor=self._first)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self._show_preview()
        self.problem("")

    def _show_preview(self) -> None:
        preview = self._previews.get(self.query_one(CaseTable).cursor_key)
        if preview:
            text = preview_text(preview, self._equal_lines)
            self.query_one("#evidence", TextView).show(text)

    def action_context(self, way: int) -> None:
        """More or fewer equal lines around what changes in the text."""
        self.bench_app.tell(self._equal_lines.step(way))
        self._show_preview()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Enter is the safe choice: it goes on to the evidence."""
        message.stop()
        self.query_one("#evidence", TextView).focus()

    def action_evaluate(self) -> None:
        from workbench.tui.dialogs.evaluate import start_evaluation

        self.dismiss(None)
        start_evaluation(self.bench_app, self._prompt_id, self._version)

    def confirm(self) -> None:
        preview = self._previews.get(self.query_one(CaseTable).cursor_key)
        if preview is None:
            return
        if preview.live and preview.live.version == self._version:
            self.problem(f"{self._version} is live in {preview.environment} already")
            return
        reason = self.query_one("#reason", Input).value.strip()

        def deploy(bench: Bench) -> PromptDeployment:
            return deploying.deploy(
                bench,
                self._prompt_id,
                self._version,
                preview.environment,
                reason=reason,
                expect=preview.seen,
            )

        self.bench_app.in_thread(deploy, done=self._done, failed=self._refused)

    def _refused(self, error: WorkbenchError) -> None:
        if isinstance(error, StaleHead) and error.diff:
            error = StaleHead(error.message, hint="esc, then look again")
        self.refused(error)

    def _done(self, deployment: PromptDeployment) -> None:
        app = self.bench_app
        self.close(deployment)
        app.post_to_screen(RegistryChanged())
        before = deployment.previous_version or "nothing"
        app.tell(
            f"{deployment.ref} is live in {deployment.environment} (before: {before}) · F9 Deploys"
        )


def preview_text(preview: DeployPreview, around: DiffContext) -> Content:
    """From what to what, what the evidence is, and what changes in the text."""
    live = preview.live.version if preview.live else "nothing"
    status = preview.status
    lines = [
        Content.assemble(
            (f"{preview.environment}: {live} → {preview.version.version}", "bold"),
            f"  score {numbers.score(status.score)}" if status.score is not None else "",
        ),
        Content.styled(
            safe_line(f"{status.state.value}: {status.reason}"),
            "$text-success" if status.tested else "$text-warning",
        ),
    ]
    if not status.tested:
        lines.append(Content("v runs the gate on this version"))
    lines += [Content.styled(safe_line(f"~ {said}"), "$text-warning") for said in status.warnings]
    for record in preview.evaluations[:2]:
        lines.append(evidence_text(record.evidence))
    if preview.diff is not None:
        from workbench.tui.dialogs.changed_outside import diff_block

        lines += diff_block(preview.diff, around)
    return Content("\n").join(lines)


def _row(preview: DeployPreview, place: int) -> ListRow:
    same = preview.live is not None and preview.live.version == preview.version.version
    return ListRow(
        preview.environment,
        {
            "environment": preview.environment,
            "live": preview.live.version if preview.live else "–",  # noqa: RUF001
            "becomes": "the same" if same else preview.version.version,
            "state": f"{preview.status.state.value} {numbers.score(preview.status.score)}"
            if preview.status.score is not None
            else preview.status.state.value,
        },
        {"state": "pass" if preview.status.tested else "fail"},
        place=place,
    )


def _where_next(previews: tuple[DeployPreview, ...]) -> str:
    """The last environment, in their order, where it would pass and is not live yet."""
    for preview in reversed(previews):
        same = preview.live is not None and preview.live.version == preview.version.version
        if preview.status.tested and not same:
            return preview.environment
    return previews[-1].environment if previews else ""
