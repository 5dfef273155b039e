"""One step of the walk: as large as the screen, back with escape, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.new_parts.suite_walk.form import Walk

STEPS = ("cases", "columns", "scorers", "gate", "files")


class Step(KeptDialog[Path]):
    """Closes with the suite.yaml that was made, or with None: one step back."""

    kept_as = "suite"
    step: ClassVar[str]
    keys_said: ClassVar[str] = ""
    """What the title says of keys."""

    def __init__(self, walk: Walk, yes: str = "Next") -> None:
        place = STEPS.index(self.step)
        title = f"New suite of {walk.form.prompt_id} · {place + 1}/{len(STEPS)} {self.step}"
        title = f"{title} · {self.keys_said}" if self.keys_said else title
        super().__init__(title, yes, no="Back" if place else "Close", about=walk.form.prompt_id)
        self.walk = walk

    def gather(self) -> None:
        """Put what the fields hold into the form."""

    def typed(self) -> Mapping[str, Any]:
        self.gather()
        return self.walk.form.content()

    def restore(self) -> bool:
        """The form that was kept is what the walk begins with."""
        return False

    def go_on(self, step: Step) -> None:
        """Open the next step; this one closes with what that one made."""
        self.keep()
        self.app.push_screen(step, self._answered)

    def _answered(self, made: Path | None) -> None:
        if made:
            self.dismiss(made)
