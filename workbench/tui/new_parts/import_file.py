"""Drafts and suites of another tool's file: what would be made and what is lost, then make it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.releasing.importing import ImportPlan, make, plan_import
from workbench.errors import WorkbenchError
from workbench.exchange.kinds import IMPORTERS
from workbench.plugins import Entry
from workbench.present.safe_text import safe_line
from workbench.prompts.files.variants import split_name
from workbench.tui.base.dialog import Dialog, field
from workbench.tui.new_parts.file_choice import FileChoice
from workbench.tui.widgets.text_view import TextView
from workbench.workspace import SUITE_FILE

if TYPE_CHECKING:
    from workbench.actions.session import Session

_TOLD_BY_CONTENT = {".json", ".jsonl", ".yaml", ".yml", ".md", ".txt"}
"""Suffixes of files whose format an importer tells by what stands in them."""


class ImportFile(Dialog[str]):
    """Closes with the id of the first prompt that was made."""

    first_field = "#path"

    def __init__(self) -> None:
        super().__init__("Import · enter shows what it makes, ^s makes it", "Make it")
        self._plan: ImportPlan | None = None
        self._path: Path | None = None

    def body(self) -> Iterable[Widget]:
        kinds = [one.kind for one in IMPORTERS.all() if isinstance(one, Entry)]
        own = {suffix for kind in kinds for suffix in kind.suffixes}
        yield FileChoice(own | _TOLD_BY_CONTENT, id="file")
        yield from field("name", "another name", hint="of the one prompt in it")
        yield TextView(id="plan")

    def on_mount(self) -> None:
        self.query_one("#plan", TextView).show(
            "Prompts become drafts, tests become suites. Nothing is overwritten."
        )

    def on_file_choice_picked(self, message: FileChoice.Picked) -> None:
        message.stop()
        self._path = message.path
        self._read()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in the name shows what the file makes under it."""
        event.stop()
        event.prevent_default()
        self._read()

    def _read(self, then_make: bool = False) -> None:
        path = self._path or self.query_one(FileChoice).path
        name = self.query_one("#name", Input).value.strip()
        self.problem("")

        def read(session: Session) -> ImportPlan:
            return plan_import(session.workspace, path, name or None)

        def planned(plan: ImportPlan) -> None:
            self._show(plan, path)
            if then_make:
                self.confirm()

        self.app.in_thread(read, done=planned, failed=self._failed, group="import", opens=True)

    def _failed(self, error: WorkbenchError) -> None:
        self._plan = None
        self.refused(error)

    def _show(self, plan: ImportPlan, path: Path) -> None:
        if not self.is_open:
            return
        self._plan, self._path = plan, path
        view = self.query_one("#plan", TextView)
        view.show(plan_text(plan, self.app.workspace.root))
        view.focus()

    def confirm(self) -> None:
        plan = self._plan
        if plan is None:
            self._read(then_make=True)
            return

        def made(_: None) -> None:
            names = [split_name(path.stem)[0] for path in (*plan.drafts, *plan.unchanged)]
            self.app.tell(f"made {_counted(plan)}")
            self.dismiss(names[0] if names else "")

        self.app.in_thread(lambda _session: make(plan), done=made, failed=self.refused, opens=True)


def _counted(plan: ImportPlan) -> str:
    suites = sum(path.name == SUITE_FILE for path in plan.suites)
    return f"{len(plan.drafts)} drafts and {suites} suites"


def plan_text(plan: ImportPlan, root: Path) -> Content:
    """What would be made, what is there already, and what is lost with what to do about it."""
    lines = []
    for path in (*plan.drafts, *(path for path in plan.suites if path.name == SUITE_FILE)):
        lines.append(Content(safe_line(f"makes {path.relative_to(root)}")))
    lines += [Content(safe_line(f"is there: {path.relative_to(root)}")) for path in plan.unchanged]
    for loss in plan.imported.losses:
        lines.append(Content.styled(safe_line(f"lost: {loss}"), "$text-warning"))
    if not plan.imported.losses:
        lines.append(Content("nothing is lost"))
    return Content("\n").join(lines)
