"""A dialog whose text fields outlast it: what was typed is there again when it is opened again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.widgets import Input, TextArea

from workbench.tui.base.dialog import Dialog
from workbench.tui.services.unfinished import Unfinished
from workbench.tui.widgets.value_area import ValueArea

if TYPE_CHECKING:
    from textual.timer import Timer

T = TypeVar("T")
KEEP_S = 0.5
"""Seconds after a key until it is written: what a kill may lose."""


class KeptDialog(Dialog[T]):
    """Set `kept_as`, and pass `about` where the text belongs to one prompt, version or case.

    Its inputs and text areas are kept by their ids as they are typed, through ESC, a quit, a crash
    and a kill. Closing with a result forgets them, as does `finish` where the result is None.
    """

    kept_as: ClassVar[str]
    """The beginning of the file's name in `.workbench/unfinished`."""
    proposed: ClassVar[tuple[str, ...]] = ()
    """Ids of inputs whose content is proposed anew each time."""

    def __init__(self, title: str, yes: str = "", *, no: str = "Cancel", about: str = "") -> None:
        super().__init__(title, yes, no=no)
        self._keep_timer: Timer | None = None
        self._is_finished = False
        self._unfinished = Unfinished(self.app, self.kept_as, about)
        self.before = self._unfinished.load()
        """What was typed the last time and led to nothing yet."""

    def typed(self) -> Mapping[str, Any]:
        """What the fields hold, as JSON values."""
        values = {item.id or "": item.value for item in self._kept_inputs()}
        return values | {area.id or "": area.text for area in self.query(TextArea)}

    def _kept_inputs(self) -> list[Input]:
        return [item for item in self.query(Input) if item.id not in self.proposed]

    def restore(self) -> bool:
        """Put what was typed before into the fields; whether that changed any."""
        before = self.typed()
        for item in self._kept_inputs():
            item.value = str(self.before.get(item.id or "", item.value))
        for area in self.query(ValueArea):
            area.replace_text(str(self.before.get(area.id or "", area.text)))
        return self.typed() != before

    def on_mount(self) -> None:
        self.app.before_exit.append(self._at_exit)
        self._unfinished.begin(self.typed())
        if self.before and self.restore():
            self.app.tell("what you typed here before is here again")

    def on_unmount(self) -> None:
        if self._at_exit in self.app.before_exit:
            self.app.before_exit.remove(self._at_exit)

    # Beside the handlers of the same messages in subclasses: Textual calls both.

    def _on_input_changed(self) -> None:
        self.touched()

    def _on_text_area_changed(self) -> None:
        self.touched()

    def _on_choice_changed(self) -> None:
        self.touched()

    def _on_tick_changed(self) -> None:
        self.touched()

    def touched(self) -> None:
        """A field changed: keep it soon."""
        if self._keep_timer is None:
            self._keep_timer = self.set_timer(KEEP_S, self.keep)

    def keep(self) -> None:
        """Keep it now."""
        if self._keep_timer:
            self._keep_timer.stop()
            self._keep_timer = None
        if not self._is_finished and self.is_attached:
            self._unfinished.keep(self.typed())

    def finish(self) -> None:
        """It led to something: nothing is kept."""
        self._is_finished = True
        self._unfinished.forget()

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        if result is not None:
            self.finish()
        return super().dismiss(result)

    def action_cancel(self) -> None:
        self.keep()
        super().action_cancel()

    def _at_exit(self) -> str:
        self.keep()
        self.app.file_worker.finish()
        return ""
