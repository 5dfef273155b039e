"""Out to a file: a version with its evidence, the whole registry, or a draft for elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.session import Session
from workbench.tui.base.dialog import Dialog, field
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.actions.releasing.exporting import Exported
    from workbench.tui.context.app_context import AppContext


def open_export(app: AppContext) -> None:
    """Ask for the target; what is selected is offered."""
    from workbench.actions.releasing.targets import target_lines

    lines = [f"{name}: {what}" for name, what in target_lines(app.workspace)]
    app.push_screen(Export(app.selection.ref, lines))


class Export(Dialog["Exported"]):
    """Closes with what was sent where."""

    first_field = "#target"

    def __init__(self, ref: str, targets: Sequence[str] = ()) -> None:
        super().__init__("Export", "Write it")
        self._ref = ref
        self._targets = targets

    def body(self) -> Iterable[Widget]:
        yield PlainStatic("\n".join(self._targets))
        yield from field("target", "target", "json")
        yield from field("ref", "prompt@version", self._ref)
        yield from field("environment", "approved for", "production")
        yield from field("output", "file", hint="a name beside workbench.toml")

    def confirm(self) -> None:
        values = {item.id: item.value.strip() for item in self.query(Input)}

        def write(session: Session) -> Exported:
            from workbench.actions.releasing.exporting import export, plan_export
            from workbench.actions.releasing.targets import find_target
            from workbench.exchange.targets.base import Takes

            given = values["output"]
            path = session.workspace.root / Path(given).expanduser() if given else None
            takes = find_target(session.workspace, values["target"]).kind.takes
            ref = values["ref"] if takes is not Takes.REGISTRY else None
            plan = plan_export(session, values["target"], ref, path, values["environment"])
            return export(session, plan)

        self.app.in_thread(write, done=self._done, failed=self.refused)

    def _done(self, done: Exported) -> None:
        self.dismiss(done)
        lost = f" · lost: {', '.join(loss.what for loss in done.losses)}" if done.losses else ""
        place = f"wrote {done.sent.place}" if done.sent else "it is there already"
        self.app.tell(f"{place}{lost}")
