"""Edit a version that the draft is not of: make the draft from it, or open the draft as it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.widgets.text import PlainStatic


class OtherDraft(Dialog[bool]):
    """True: make the draft from the version; False: open it as it is."""

    MODE: ClassVar[str] = "other_draft"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("other_draft")

    def __init__(self, version: str, of: str) -> None:
        super().__init__(f"The draft is not {version} · y makes it say what {version} says", "Make")
        self._version = version
        self._of = of

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(
            f"The draft is {self._of}.\n"
            f"y  the draft says what {self._version} says; the text of now is kept in"
            " .workbench/drafts\n"
            "o  opens the draft as it is"
        )

    def confirm(self) -> None:
        self.dismiss(True)

    def action_open(self) -> None:
        self.dismiss(False)
