"""Two texts of one draft: which one stays?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from workbench.present.safe_text import safe_line
from workbench.prompts.diff import Diff, diff_text
from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.text import PlainStatic
from workbench.tui.widgets.text_view import TextView

KEYS_LINE = "m keeps yours (-), t takes theirs (+); ctrl+z undoes either · {/} context"


class ChangedOutside(Dialog[bool]):
    """True keeps ours, False takes theirs, None asks again later."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("changed"), *keys.bindings("diff")]
    first_field = "#changes"
    unasked = True

    def __init__(self, mine: str, theirs: str) -> None:
        super().__init__("The draft was changed outside while you edited it", no="Later")
        self._mine = mine
        self._theirs = theirs
        self._equal_lines = DiffContext()
        self._diff: Diff | None = None

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(KEYS_LINE, id="keys")
        yield TextView(id="changes")

    def on_mount(self) -> None:
        self.app.in_thread(
            lambda _session: diff_text(self._mine, self._theirs),
            done=self._show,
        )

    def _show(self, diff: Diff) -> None:
        self._diff = diff
        if self.is_attached:
            self.query_one("#changes", TextView).show(diff_content(diff, self._equal_lines.lines))

    def action_context(self, way: int) -> None:
        """More or fewer equal lines around each change."""
        if self._diff:
            self.query_one("#keys", PlainStatic).show(self._equal_lines.step(way))
            self._show(self._diff)

    def action_mine(self) -> None:
        self.dismiss(True)

    def action_theirs(self) -> None:
        self.dismiss(False)


def diff_block(diff: Diff, around: DiffContext) -> list[Content]:
    """What changes in a text, under a line that says how much, and how much of it is shown."""
    counts = Content.styled(f"text: +{diff.added} -{diff.removed} lines", "bold")
    context = Content.styled(f" · {around.description} · {{/}}", "$text-muted")
    return [counts + context, diff_content(diff, around.lines)]


def diff_content(diff: Diff, context: int | None = 2) -> Content:
    """Changed lines with signs, so that no colour is needed; `context` None: and all others."""
    lines = [Content(safe_line(diff.note))] if diff.note else []
    for number, hunk in enumerate(diff.hunks(len(diff.lines) if context is None else context)):
        if number:
            lines.append(Content.styled("  ⋯", "$text-muted"))
        for line in hunk:
            sign = {"same": "  ", "removed": "- ", "added": "+ "}[line.tag]
            style = {"same": "", "removed": "$text-error", "added": "$text-success"}[line.tag]
            parts = [Content.styled(sign, style)]
            for span in line.spans:
                marked = f"{style} reverse" if span.changed else style
                parts.append(Content.styled(safe_line(span.text), marked))
            lines.append(Content("").join(parts))
    return Content("\n").join(lines) if lines else Content("no differences")
