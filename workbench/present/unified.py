"""Two texts as a unified diff for other programs: unescaped, so not for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.prompts.diff import DiffLine, diff_text

CONTEXT = 3
"""Unchanged lines around each change."""
_SIGNS = {"same": " ", "removed": "-", "added": "+"}


def unified_diff(a: str, b: str, name_a: str, name_b: str) -> str:
    """`--- name_a`, `+++ name_b`, then hunks with the line numbers that `patch` expects.

    Empty where the texts are equal.
    """
    if a == b:
        return ""
    diff = diff_text(a, b)
    lines = [f"--- {name_a}", f"+++ {name_b}"]
    longer = 0
    for hunk in diff.hunks(CONTEXT):
        old = [line.number_a for line in hunk if line.number_a is not None]
        new = [line.number_b for line in hunk if line.number_b is not None]
        # A side without lines here has the number of the line before.
        start_a = old[0] if old else new[0] - longer - 1
        start_b = new[0] if new else old[0] + longer - 1
        lines.append(f"@@ -{start_a},{len(old)} +{start_b},{len(new)} @@")
        lines += _signed(hunk)
        longer += len(new) - len(old)
    return "\n".join(lines) + "\n"


def _signed(hunk: Sequence[DiffLine]) -> list[str]:
    return [_SIGNS[line.tag] + line.text for line in hunk]
