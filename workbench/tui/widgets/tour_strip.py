"""The tour on two lines of a screen: the next step with its key, and which steps happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import getters
from textual.content import Content
from textual.widget import Widget

from workbench.present.safe_text import safe_line
from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys

if TYPE_CHECKING:
    from workbench.actions.tour import Progress, Step


class TourStrip(Widget):
    """Hidden while no tour is shown; a click opens all of its steps."""

    DEFAULT_CSS = """
    TourStrip { height: 2; display: none; background: $boost; }
    TourStrip.-on { display: block; }
    """

    app = getters.app(AppContext)

    def __init__(self) -> None:
        super().__init__(id="tour")
        self._progress: Progress | None = None

    def show(self, progress: Progress | None) -> None:
        """Show where the tour stands; None: it was left."""
        self._progress = progress
        self.set_class(progress is not None, "-on")
        self.refresh()

    def render(self) -> Content:
        if self._progress is None:
            return Content("")
        key = keys.shown_key("app.tour", self.app.workspace.settings.keys)
        lines = tour_lines(self._progress, key)
        width = self.size.width
        return Content("\n").join(line.truncate(width, ellipsis=True) for line in lines)

    async def on_click(self) -> None:
        await self.app.run_action("app.tour")


def tour_lines(progress: Progress, key: str) -> tuple[Content, Content]:
    """The next step, and all of them with their ticks. `key` opens the list."""
    from workbench.actions.tour import STEPS

    after = progress.next
    count = f" {len(progress.done)}/{len(STEPS)}"
    if after is None:
        head = Content.assemble((" Tour", "bold"), f"{count} · all done · {key} leaves it")
    else:
        does, pressed = after.does, after.keys
        if after.id in ("better", "again") and progress.better:
            does = f"{'the better' if after.id == 'better' else 'the third'} draft: take, register"
            pressed = "F3 Draft · ^b · ^s"
        head = Content.assemble(
            (" Tour", "bold"), f"{count} · {safe_line(does)}: ", (pressed, "bold"), f" · {key} all"
        )
    ticks = [Content.styled(_tick(step, progress), _style(step.id, progress)) for step in STEPS]
    return head, Content(" ") + Content(" ").join(ticks)


def _tick(step: Step, progress: Progress) -> str:
    return f"{'x' if step.id in progress.done else '.'}{step.word}"


def _style(step: str, progress: Progress) -> str:
    if step in progress.done:
        return "$text-success"
    return "bold" if progress.next and progress.next.id == step else "$text-muted"
