"""Make a version live: where, instead of what, and on which evidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing import deploy as deploying
from workbench.actions.releasing.deploy import DeployPreview
from workbench.actions.releasing.publishing import publish_by_settings
from workbench.actions.releasing.rules import decides, publish
from workbench.actions.session import Session
from workbench.errors import StaleHead, WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.registry import PromptDeployment
from workbench.tui.base.dialog import field, labelled, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import EvaluateAsked, RegistryChanged
from workbench.tui.keys import keys
from workbench.tui.services.published import Published, published_words
from workbench.tui.services.version_options import version_options
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.evidence_lines import evidence_text
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.settings import EnvironmentSettings
    from workbench.tui.context.app_context import AppContext


@dataclass(frozen=True, slots=True)
class Place:
    """An environment, what a deployment would change there, and what must come first."""

    preview: DeployPreview
    first: str = ""
    """The environment where the version must be live before."""
    frozen: bool = False
    loosened: bool = False
    """A rule that decides here lets more through by the files than by the registry."""

    @property
    def takes_it(self) -> bool:
        """Whether it would go live there now, as far as can be seen from here."""
        stopped = self.is_there or self.first or self.frozen or self.loosened
        return self.preview.status.tested and not stopped

    @property
    def is_there(self) -> bool:
        """Whether it is live there."""
        live = self.preview.live
        return live is not None and live.version == self.preview.version.version

    @property
    def state(self) -> str:
        """The evidence, behind what is in its way."""
        status = self.preview.status
        evidence = status.state.value
        if status.score is not None:
            evidence += f" {numbers.score(status.score)}"
        if self.is_there:
            return evidence
        ahead = "frozen · " if self.frozen else "rules loosened · " if self.loosened else ""
        return f"{ahead}needs {self.first} first · {evidence}" if self.first else ahead + evidence


def _live(row: ListRow[Place]) -> str | None:
    live = row.item.preview.live
    return live.version if live else None


def _becomes(row: ListRow[Place]) -> str:
    return "the same" if row.item.is_there else row.item.preview.version.version


def _state_sign(row: ListRow[Place]) -> Sign:
    return "pass" if row.item.preview.status.tested and not row.item.first else "fail"


COLUMNS: tuple[Column[ListRow[Place]], ...] = (
    Column("environment", "environment", 13, lambda row: row.key),
    Column("live", "live now", 9, _live, lambda row: _live(row) or numbers.UNKNOWN),
    Column("becomes", "becomes", 9, _becomes),
    Column("state", "evidence", 18, lambda row: row.item.state, sign=_state_sign, grows=True),
)


def places(
    version: str,
    previews: Sequence[DeployPreview],
    environments: Sequence[EnvironmentSettings],
    loosened: Collection[str] = (),
) -> tuple[Place, ...]:
    """Each environment with the rules that a look at the others shows. `loosened`: names of those
    where a loosened rule decides. Pure.
    """
    live = {preview.environment: preview.live for preview in previews}
    result = []
    for preview, rules in zip(previews, environments, strict=True):
        before = live.get(rules.promote_from)
        first = "" if before and before.version == version else rules.promote_from
        result.append(Place(preview, first, rules.frozen, rules.name in loosened))
    return tuple(result)


def open_deploy(
    app: AppContext, prompt_id: str, version: str, environment: str | None = None
) -> None:
    """Read what a deployment would change in each environment, then ask."""

    def read(session: Session) -> tuple[tuple[Place, ...], list[Option]]:
        return read_places(session, prompt_id, version), version_options(session, prompt_id)

    open_with(app, read, lambda seen: Deploy(prompt_id, version, seen[0], environment, seen[1]))


def read_places(session: Session, prompt_id: str, version: str) -> tuple[Place, ...]:
    """What a deployment of this version would change in each environment."""
    changes = publish(session)
    environments = session.registry.environments()
    # A loosened rule stops the deployment where it decides, not the look at all of them.
    previews = [
        deploying.preview(session, prompt_id, version, e.name, override=True) for e in environments
    ]
    loosened = [
        e.name
        for e in environments
        if any(decides(session, change, prompt_id, e.name, "") for change in changes)
    ]
    return places(version, previews, environments, loosened)


class Deploy(KeptDialog[PromptDeployment]):
    """Pick an environment, read the evidence, ctrl+s deploys."""

    MODE: ClassVar[str] = "deploy"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("deploy"), *keys.bindings("diff")]
    kept_as = "deploy"
    first_field = "#environments"

    def __init__(
        self,
        prompt_id: str,
        version: str,
        offered: tuple[Place, ...],
        environment: str | None,
        versions: Sequence[Option] = (),
    ) -> None:
        """`versions` are what else can be deployed."""
        super().__init__(_title(prompt_id, version), "Deploy", about=f"{prompt_id}@{version}")
        self._versions = versions or [Option(version)]
        self._prompt_id = prompt_id
        self._version = version
        self._places = {place.preview.environment: place for place in offered}
        self._first = environment or _where_next(offered)
        self._equal_lines = DiffContext(1)

    def body(self) -> Iterable[Widget]:
        yield labelled("version", Choice(self._versions, self._version, id="version"))
        yield CaseTable(COLUMNS, empty=("No environments in workbench.toml.",), id="environments")
        yield TextView(id="evidence")
        yield from field("reason", "reason", hint="for the log")

    def on_mount(self) -> None:
        self._load(self._first)

    def _load(self, cursor: str) -> None:
        rows = [ListRow(name, place, at) for at, (name, place) in enumerate(self._places.items())]
        self.query_one(CaseTable).load(rows, cursor=cursor)

    def on_choice_changed(self, message: Choice.Changed) -> None:
        """Another version: read again what it would change. Until then nothing can be deployed."""
        message.stop()
        self._version, cursor = message.choice.value, self.query_one(CaseTable).cursor_key
        self._places = {}
        self.query_one("#dialog").border_title = plain(_title(self._prompt_id, self._version))

        def done(offered: tuple[Place, ...]) -> None:
            self._places = {place.preview.environment: place for place in offered}
            if self.is_open:
                self._load(cursor)
                self._show_preview()

        args = (self._prompt_id, self._version)
        self.app.in_thread(read_places, *args, done=done, failed=self.refused, group="places")

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self._show_preview()
        self.problem("")

    def _show_preview(self) -> None:
        place = self._places.get(self.query_one(CaseTable).cursor_key)
        if place:
            text = place_text(place, self._equal_lines)
            self.query_one("#evidence", TextView).show(text)

    def action_context(self, way: int) -> None:
        """More or fewer equal lines around what changes in the text."""
        self.app.tell(self._equal_lines.step(way))
        self._show_preview()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Enter never deploys: it moves to the evidence."""
        message.stop()
        self.query_one("#evidence", TextView).focus()

    def action_evaluate(self) -> None:
        self.keep()
        self.dismiss(None)
        self.app.post_message(EvaluateAsked(self._prompt_id, self._version))

    def confirm(self) -> None:
        place = self._places.get(self.query_one(CaseTable).cursor_key)
        if place is None:
            return
        preview = place.preview
        if place.is_there:
            self.problem(f"{self._version} is live in {preview.environment} already")
            return
        reason = self.query_one("#reason", Input).value.strip()

        def deploy(session: Session) -> Published:
            done = deploying.deploy(
                session,
                self._prompt_id,
                self._version,
                preview.environment,
                reason=reason,
                expect=preview.seen,
            )
            return done, publish_by_settings(session, done)

        self.app.in_thread(deploy, done=self._done, failed=self._refused)

    def _refused(self, error: WorkbenchError) -> None:
        if isinstance(error, StaleHead) and error.diff:
            error = StaleHead(error.message, hint="esc, then look again")
        self.refused(error)

    def _done(self, published: Published) -> None:
        app = self.app
        deployment, outcomes = published
        self.dismiss(deployment)
        app.post_to_screen(RegistryChanged())
        before = deployment.previous_version or "nothing"
        app.tell(
            f"{deployment.ref} is live in {deployment.environment} (before: {before})"
            f"{published_words(outcomes) or ' · F9 Deploys'}",
            error=any(outcome.error for outcome in outcomes),
        )


def _title(prompt_id: str, version: str) -> str:
    return f"Deploy {prompt_id}@{version} · ^s deploys where the cursor is"


def place_text(place: Place, around: DiffContext) -> Content:
    """From what to what, what is in its way, the evidence, and what changes in the text."""
    preview = place.preview
    live = preview.live.version if preview.live else "nothing"
    status = preview.status
    lines = [
        Content.assemble(
            (f"{preview.environment}: {live} → {preview.version.version}", "bold"),
            f"  score {numbers.score(status.score)}" if status.score is not None else "",
        ),
        Content.styled(
            safe_line(f"{status.state.value}: {status.reason}"),
            "$text-success" if status.current else "$text-warning",
        ),
    ]
    if place.first and not place.is_there:
        text = f"{preview.environment} takes what is live in {place.first}: deploy it there first"
        lines.insert(1, Content.styled(safe_line(text), "$text-warning"))
    if not status.tested:
        lines.append(Content("F5 runs the gate on this version"))
    lines += [
        Content.styled(safe_line(f"~ {warning}"), "$text-warning") for warning in status.warnings
    ]
    for record in preview.evaluations[:2]:
        lines.append(evidence_text(record.evidence))
    if preview.diff is not None:
        from workbench.tui.dialogs.changed_outside import diff_block

        lines += diff_block(preview.diff, around)
    return Content("\n").join(lines)


def _where_next(offered: tuple[Place, ...]) -> str:
    """The last environment, in their order, that accepts the version and has another one live; if
    none does, the first.
    """
    for place in reversed(offered):
        if place.takes_it:
            return place.preview.environment
    return offered[0].preview.environment if offered else ""
