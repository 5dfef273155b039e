"""Run what a comparison lacks: how many cases on which side, and what it will take."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from workbench.actions.comparing.rerun_missing import Gap
from workbench.actions.running.run import needs_confirmation
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.tui.base.dialog import Dialog
from workbench.tui.dialogs.run_options import estimate_lines
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.runs.engine.estimate import Estimate


class RunMissing(Dialog[bool]):
    """True: run it."""

    def __init__(self, gaps: Sequence[tuple[str, Gap]], estimate: Estimate) -> None:
        """`gaps` by the letter of their side."""
        super().__init__("Run what is missing · y runs it", "Run")
        self._gaps = gaps
        self._estimate = estimate

    def body(self) -> Iterable[Widget]:
        limit = self.app.workspace.settings.confirm_above_usd
        usd = self._estimate.usd
        warning = f"more than {numbers.money(limit)}" if usd is not None and usd > limit else ""
        uses_gate_cases = any(needs_confirmation(gap.suite, gap.split) for _, gap in self._gaps)
        lines = [Content(safe_line(_line(letter, gap))) for letter, gap in self._gaps]
        lines += estimate_lines(self._estimate, warning, uses_gate_cases=uses_gate_cases)
        yield PlainStatic(Content("\n").join(lines))

    def confirm(self) -> None:
        self.dismiss(True)


def _line(letter: str, gap: Gap) -> str:
    side = gap.side
    label = side.source.short
    parts = []
    if gap.unanswered:
        parts.append(f"{numbers.plural(len(gap.unanswered), 'case')} without an answer")
    if gap.unasked:
        parts.append(f"{numbers.plural(len(gap.unasked), 'case')} never asked")
    how = "in a new run" if gap.unasked else "its run goes on"
    return f"{letter} {label}: {', '.join(parts)} · {how}"
