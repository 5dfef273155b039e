"""Out to a target: which, what leaves, what the target cannot hold; then send it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.session import Session
from workbench.errors import TargetConflict, WorkbenchError
from workbench.present.safe_text import safe_line
from workbench.prompts.files.variants import AT
from workbench.tui.base.dialog import field, labelled, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.services.version_options import version_options
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.controls import Choice, Option
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.actions.releasing.exporting import Exported, Plan
    from workbench.tui.context.app_context import AppContext

Named = tuple[str, str]
"""A target's name, and what it is."""

COLUMNS: tuple[Column[ListRow[Named]], ...] = (
    Column("target", "target", 14, lambda row: row.item[0]),
    Column("what", "what it is", 30, lambda row: row.item[1], grows=True),
)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the fields say."""

    target: str
    ref: str
    environment: str
    output: str
    reason: str

    def plan(self, session: Session) -> Plan:
        """Raises what keeps it from being sent."""
        from workbench.actions.releasing.exporting import plan_export
        from workbench.actions.releasing.targets import find_target
        from workbench.exchange.targets.base import Takes

        takes = find_target(session.workspace, self.target).kind.takes
        return plan_export(
            session,
            self.target,
            None if takes is Takes.REGISTRY else self.ref,
            session.workspace.root / Path(self.output).expanduser() if self.output else None,
            self.environment or None,
            force_reason=self.reason,
        )


def open_export(app: AppContext, ref: str = "") -> None:
    """List the targets; what is selected is offered unless another version is named."""

    ref = ref or app.selection.ref

    def read(
        session: Session,
    ) -> tuple[str, Sequence[Named], Sequence[Option], Sequence[str]]:
        from workbench.actions.releasing.targets import target_lines

        own = session.workspace.settings.targets
        # The workspace's own, then the file that holds most, then the others.
        targets = sorted(target_lines(session.workspace), key=lambda each: _place(each[0], own))
        environments = [one.name for one in session.registry.environments()]
        versions = version_options(session, ref.partition(AT)[0])
        refs = [replace(one, value=f"{ref.partition(AT)[0]}{AT}{one.value}") for one in versions]
        return ref, targets, refs, environments

    open_with(app, read, lambda seen: Export(*seen))


def _place(name: str, own: Container[str]) -> int:
    return 0 if name in own else 1 if name == "json" else 2


class Export(KeptDialog["Exported"]):
    """Closes with what was sent where."""

    kept_as = "export"
    first_field = "#targets"

    def __init__(
        self,
        ref: str,
        targets: Sequence[Named] = (),
        refs: Sequence[Option] = (),
        environments: Sequence[str] = (),
    ) -> None:
        """`refs` are what else can be sent, `environments` whose pointers can be."""
        super().__init__("Export · ^s sends it where the cursor is", "Send", about=ref)
        self._ref = ref
        self._targets = targets
        known = {option.value: option for option in refs}
        self._refs = list({ref: Option(ref), **known}.values())
        everywhere = Option("", "all where it is live")
        self._environments = [everywhere, *map(Option, environments)]
        self._shown: _Asked | None = None

    def body(self) -> Iterable[Widget]:
        yield CaseTable(COLUMNS, empty=("There are no targets.",), id="targets")
        yield TextView(id="leaving")
        yield labelled("prompt@version", Choice(self._refs, self._ref, id="ref"))
        yield labelled("environment", Choice(self._environments, id="environment"))
        yield from field("output", "file", hint="of a target that writes one")
        yield from field("reason", "forced because", hint="where it is not tested")

    def on_mount(self) -> None:
        rows = [ListRow(item[0], item, at) for at, item in enumerate(self._targets)]
        self.query_one(CaseTable).load(rows)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self._look()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        """Enter never sends: it moves to what leaves."""
        message.stop()
        self.query_one("#leaving", TextView).focus()

    def on_choice_changed(self, message: Choice.Changed) -> None:
        message.stop()
        self._look()

    def on_input_blurred(self, message: Input.Blurred) -> None:
        message.stop()
        self._look()

    def _asked(self) -> _Asked:
        values = {item.id: item.value.strip() for item in self.query(Input)}
        values |= {item.id: item.value for item in self.query(Choice)}
        return _Asked(
            self.query_one(CaseTable).cursor_key,
            *(values[name] for name in ("ref", "environment", "output", "reason")),
        )

    def _look(self) -> None:
        """Read again what would leave, unless that is what is shown."""
        asked = self._asked()
        if not asked.target or asked == self._shown:
            return
        self._shown = asked
        self.problem("")

        def read(session: Session) -> Content:
            try:
                return leaving_text(asked.plan(session))
            except WorkbenchError as error:
                return refusal_text(error)

        self.app.in_thread(read, done=self._show, group="leaving")

    def _show(self, text: Content) -> None:
        if self.is_open:
            self.query_one("#leaving", TextView).show(text)

    def confirm(self) -> None:
        asked = self._asked()
        if not asked.target:
            self.problem("there is no target to send it to")
            return

        def send(session: Session) -> Exported:
            from workbench.actions.releasing.exporting import export

            return export(session, asked.plan(session), force=bool(asked.reason))

        self.app.in_thread(send, done=self._done, failed=self._failed)

    def _failed(self, error: WorkbenchError) -> None:
        self._show(refusal_text(error))
        self.refused(error)
        self.app.post_to_screen(RegistryChanged())  # the outbox has it

    def _done(self, done: Exported) -> None:
        app = self.app
        self.dismiss(done)
        app.post_to_screen(RegistryChanged())
        sent = done.sent
        place = (f"wrote {sent.path}" if sent.path else f"sent to {sent.place}") if sent else ""
        moved = [f"{m.environment} → {m.after}" for m in done.pointers if m.before != m.after]
        lost = [f"lost: {', '.join(loss.what for loss in done.losses)}"] if done.losses else []
        app.tell(" · ".join([place or "it is there already: nothing was sent", *moved, *lost]))


def leaving_text(plan: Plan) -> Content:
    """What would leave, and what of it the target cannot hold."""
    leaving = plan.leaving
    what = f"{leaving.prompt.prompt_id}@{leaving.label}" if leaving.prompt else "the registry"
    lines = [Content.styled(safe_line(f"{what} → {plan.addressed.name}"), "bold")]
    if leaving.environments:
        lines.append(Content(safe_line(f"pointers: {', '.join(leaving.environments)}")))
    if leaving.approved:
        status = leaving.approved.status
        style = "$text-success" if status.tested else "$text-warning"
        lines.append(Content.styled(safe_line(f"{status.state.value}: {status.reason}"), style))
        if leaving.approved.reason:
            lines.append(Content(safe_line(f"leaves because: {leaving.approved.reason}")))
    lines += [Content.styled(safe_line(f"~ {text}"), "$text-warning") for text in plan.warnings]
    lines += [Content(safe_line(f"lost: {loss}")) for loss in plan.losses]
    return Content("\n").join(lines)


def refusal_text(error: WorkbenchError) -> Content:
    """Why it is not sent, with the difference where the target has other content."""
    lines = [Content.styled(safe_line(f"not sent: {error.message}"), "$text-warning")]
    if error.hint:
        lines.append(Content(safe_line(error.hint)))
    if isinstance(error, TargetConflict):
        lines += [Content(safe_line(line)) for line in error.diff]
    return Content("\n").join(lines)
