"""Out to a file: a version with its evidence, the whole registry, or a draft for elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.session import Session
from workbench.tui.base.dialog import Dialog, field
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

TARGETS = (
    "sqlite: the registry, read-only, for apps · json: an approved version with its evidence · "
    "prompty: any prompt, as a draft"
)


def open_export(app: AppContext) -> None:
    """Ask for the target; what is selected is offered."""
    app.push_screen(Export(app.selection.ref))


class Export(Dialog[Path]):
    """Closes with the path of the written file."""

    first_field = "#target"

    def __init__(self, ref: str) -> None:
        super().__init__("Export", "Write it")
        self._ref = ref

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(TARGETS)
        yield from field("target", "target", "json")
        yield from field("ref", "prompt@version", self._ref)
        yield from field("environment", "approved for", "production")
        yield from field("output", "file", hint="a name beside workbench.toml")

    def confirm(self) -> None:
        values = {item.id: item.value.strip() for item in self.query(Input)}

        def write(session: Session) -> Path:
            from workbench.actions.releasing.import_export import export

            given = values["output"]
            path = session.workspace.root / Path(given).expanduser() if given else None
            ref = values["ref"] if values["target"] != "sqlite" else None
            return export(session, values["target"], ref, path, values["environment"])

        self.app.in_thread(write, done=self._done, failed=self.refused)

    def _done(self, path: Path) -> None:
        self.dismiss(path)
        self.app.tell(f"wrote {path}")
