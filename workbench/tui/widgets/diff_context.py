"""How many equal lines stand around each change of a diff."""

from __future__ import annotations

from dataclasses import dataclass

USUAL = 3
STEPS: tuple[int | None, ...] = (0, 1, USUAL, 10, None)
"""None: all of them."""


@dataclass
class DiffContext:
    """One choice for all diffs that share it."""

    lines: int | None = USUAL
    _folded: int = USUAL

    def step(self, way: int) -> str:
        """Show less (-1) or more (1); gives what is shown now, in words."""
        at = STEPS.index(self.lines) + way
        self._take(STEPS[max(0, min(at, len(STEPS) - 1))])
        return self.description

    def toggle(self) -> str:
        """All lines, or as many as before that."""
        self._take(self._folded if self.lines is None else None)
        return self.description

    @property
    def description(self) -> str:
        """For the status line."""
        if self.lines is None:
            return "all equal lines are shown"
        if not self.lines:
            return "changes only, no equal lines around them"
        return f"{self.lines} equal line{'s' if self.lines > 1 else ''} around each change"

    def _take(self, lines: int | None) -> None:
        self.lines = lines
        if lines is not None:
            self._folded = lines
