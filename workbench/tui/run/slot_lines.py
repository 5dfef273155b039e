"""The calls in flight, on tall screens."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.present.safe_text import safe_line
from workbench.present.tables import fit
from workbench.runs.spec.values import Slot
from workbench.tui.widgets.text import PlainStatic, plain

LINES = 8
CASE_WIDTH = 40


class SlotLines(PlainStatic):
    """The longest-running calls, one per line; empty without an active run."""

    DEFAULT_CSS = """
    SlotLines { height: 10; display: none; border: round $border; padding: 0 1; }
    """

    def on_mount(self) -> None:
        self.border_title = plain("Calls in flight · oldest first")

    def show_slots(self, slots: Sequence[Slot]) -> None:
        """Lines of equal width, so that the layout is stable."""
        lines = [
            f"{fit(safe_line(slot.case_id), CASE_WIDTH)}  {_repeat(slot)}{slot.seconds:7.1f} s"
            for slot in slots[:LINES]
        ]
        if len(slots) > LINES:
            lines[-1] = f"and {len(slots) - LINES + 1} more"
        self.show("\n".join(lines), layout=False)
        self.display = bool(slots)


def _repeat(slot: Slot) -> str:
    return f"repeat {slot.repeat + 1:<3}" if slot.repeat else " " * 10
