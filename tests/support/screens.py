"""Driving a Textual app from a test: its screen as text, and waiting for what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual import events
from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot

from workbench.tui.table.case_table import CaseTable


def screen_text(app: App[Any]) -> str:
    """What stands on the screen, line by line, trailing blanks cut."""
    # As the app does for a frame of its own: a dialog is drawn over the screens behind it.
    visible_screen_stack.set(app._background_screens)
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until nothing is being read beside the loop, and the screen shows it."""
    for _ in range(3):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def until(pilot: Pilot[Any], condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a condition; fails with the screen when it does not come."""
    for _ in range(int(seconds / 0.05)):
        if condition():
            await pilot.pause()
            return
        await pilot.pause(0.05)
    messages = "\n".join(getattr(pilot.app, "message_log", ()))
    raise AssertionError(f"it never came:\n{screen_text(pilot.app)}\nmessages:\n{messages}")


async def type_at_once(pilot: Pilot[Any], keys: str) -> None:
    """Send keys in one piece, as a slow line does, and wait until all of them were handled."""
    app = pilot.app
    for key in keys:
        app.post_message(events.Key(key, key))
    taken = asyncio.Event()
    # Messages are handled in order: the keys have reached the queue when this is called.
    app.call_later(taken.set)
    await taken.wait()
    await until(pilot, lambda: app._key_queue.is_idle)


async def until_shown(pilot: Pilot[Any], *texts: str, seconds: float = 60.0) -> str:
    """Wait until all texts stand on the screen, wrapped over lines or not; gives the screen."""

    def are_shown() -> bool:
        shown = screen_text(pilot.app)
        # Where a line wraps depends on the length of the paths in it.
        unwrapped = " ".join(shown.replace("│", " ").split())
        return all(text in shown or text in unwrapped for text in texts)

    await until(pilot, are_shown, seconds)
    return screen_text(pilot.app)


async def pick_version(pilot: Pilot[Any], version: str) -> None:
    """On the Prompts screen, go down the list to this version."""
    await until_shown(pilot, f"{version} ")
    await settled(pilot)
    pilot.app.screen.query_one("#versions").focus()
    await pilot.press("g")
    for _ in range(5):
        await settled(pilot)
        if pilot.app.selection.version == version:
            return
        await pilot.press("down")
    raise AssertionError(screen_text(pilot.app))


async def until_it_takes_keys(pilot: Pilot[Any]) -> None:
    """Wait until the dialog that came by itself takes keys: nobody types any more."""
    dialog: Any = pilot.app.screen
    await until(pilot, lambda: dialog.takes_keys)


def cells(table: CaseTable, *keys: str) -> list[tuple[str, ...]]:
    """What the visible rows show in these columns. Raises KeyError for an unknown key."""
    columns = [table.columns.column(key) for key in keys]
    return [tuple(column.cell(row) for column in columns) for row in table.model.visible()]
