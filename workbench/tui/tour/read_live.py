"""The live prompt as an app reads it."""

from __future__ import annotations

from textual.content import Content

from workbench.actions.app_reading import AppReading, read_as_app
from workbench.actions.tour import READ
from workbench.present import numbers
from workbench.present.safe_text import safe_line, safe_text
from workbench.tui.context.app_context import AppContext
from workbench.tui.dialogs.simple import Reading


def open_read_live(app: AppContext, prompt_id: str) -> None:
    """Read it in a process of its own, and show the code and what it got."""

    def show(reading: AppReading) -> None:
        app.tour.note(READ, prompt_id)
        title = f"{prompt_id}, as an app reads it · y copies"
        app.push_screen(Reading(title, reading_text(reading), raw=reading.code))

    app.tell(f"an app reads {prompt_id}…")
    app.in_thread(read_as_app, prompt_id, done=show, group="read-live", opens=True)


def reading_text(reading: AppReading) -> Content:
    """The code, and the messages that it got."""
    took = f"{reading.seconds * 1e6:.0f} µs"
    got = f"{reading.version} is live in {reading.environment}: read in {took}"
    characters = sum(len(content) for _, content in reading.messages)
    lines = [
        Content(safe_text(reading.code)),
        Content(""),
        Content.styled(safe_line(got), "$text-success"),
        Content(f"{numbers.plural(len(reading.messages), 'message')}, {characters:,} characters:"),
    ]
    for role, content in reading.messages:
        lines.append(Content.assemble((f"{safe_line(role)}: ", "bold"), safe_text(content)))
    return Content("\n").join(lines)
