"""Step 5: the suite.yaml that comes of it, to be changed or taken as it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.workspace.new_parts.suite import (
    CASES,
    free_name,
    proposed_gate,
    suite_text,
    write_suite,
)
from workbench.tui.base.dialog import field
from workbench.tui.new_parts.suite_walk.form import Walk
from workbench.tui.new_parts.suite_walk.step import Step
from workbench.tui.widgets.text import PlainStatic
from workbench.tui.widgets.value_area import ValueArea
from workbench.workspace import EVALS, SUITE_FILE

if TYPE_CHECKING:
    from workbench.actions.session import Session


class FilesStep(Step):
    """Enter makes the suite."""

    step = "files"
    first_field = "#yes"
    DEFAULT_CSS: ClassVar[str] = """
    FilesStep #text { height: 1fr; min-height: 6; border: round $border; padding: 0; }
    FilesStep #text:focus { border: round $accent; }
    """

    def __init__(self, walk: Walk) -> None:
        super().__init__(walk, "Make it")

    def body(self) -> Iterable[Widget]:
        name = self.walk.form.name or free_name(self.app.workspace, self.walk.form.prompt_id)
        yield from field("name", "name", name)
        yield PlainStatic(id="where")
        yield ValueArea(self._text(name), id="text")

    def _text(self, name: str) -> str:
        form, count = self.walk.form, len(self.walk.cases)
        scorers = [{kind: options} for kind, options in form.scorers.items()]
        gate = self.walk.gate(proposed_gate(count))
        return suite_text(name, form.prompt_id, scorers, gate, count)

    def on_mount(self) -> None:
        self.query_one(ValueArea).soft_wrap = False
        self._say()

    def gather(self) -> None:
        self.walk.change(name=self._chosen)

    @property
    def _chosen(self) -> str:
        return self.query_one("#name", Input).value.strip()

    def on_input_changed(self, message: Input.Changed) -> None:
        """The name stands in the text, too."""
        message.stop()
        area = self.query_one(ValueArea)
        before = self.walk.form.name
        self.touched()
        first, _, rest = area.text.partition("\n")
        if first.startswith("suite:") and self._chosen != before:
            area.load_text(f"suite: {self._chosen}\n{rest}")
        self._say()

    def _say(self) -> None:
        folder = f"{EVALS}/{self._chosen}"
        self.query_one("#where", PlainStatic).show(
            f"{folder}/{SUITE_FILE}, to be changed here or later; {len(self.walk.cases):,} cases"
            f" in {folder}/{CASES}"
        )

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        event.prevent_default()
        self.action_yes()

    def confirm(self) -> None:
        # Behind the keys that the focused field has not seen yet: ctrl+s overtakes them.
        (self.focused or self).call_later(self._make)

    def _make(self) -> None:
        name, cases, text = self._chosen, self.walk.cases, self.query_one(ValueArea).text

        def write(session: Session) -> Path:
            return write_suite(session.workspace, name, cases, text)

        def made(path: Path) -> None:
            self.finish()
            self.dismiss(path)

        self.app.in_thread(write, done=made, failed=self.refused, opens=True)
