"""Keys that come in one piece are each for the screen that the ones before them have made."""

from __future__ import annotations

import asyncio
import threading

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.keys import _character_to_key
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from tests.support.screens import until, until_shown
from workbench.actions.session import Session
from workbench.errors import NotFound
from workbench.tui.app import WorkbenchApp
from workbench.tui.dialogs.help import Help
from workbench.tui.dialogs.run_options import RunOptions
from workbench.tui.keys import key_queue
from workbench.tui.keys.key_queue import KeyQueue, Typed
from workbench.workspace import Workspace

pytestmark = pytest.mark.anyio

TEXT = "Answer with one label. " * 20


def typed(text: str) -> list[Typed]:
    """Keys, `<` for escape."""
    return [
        events.Key("escape", "\x1b") if char == "<" else events.Key(_character_to_key(char), char)
        for char in text
    ]


def at_once(pilot: Pilot[int], *pieces: Typed) -> None:
    """As from a slow line: all are there before the first has done anything."""
    for piece in pieces:
        pilot.app.post_message(piece)


def value_of(pilot: Pilot[int]) -> str:
    """What stands in the line that has the focus."""
    focused = pilot.app.focused
    return focused.value if isinstance(focused, Input) else ""


@pytest.mark.exhaustive
async def test_a_filter_gets_all_that_is_typed_behind_its_key(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, *typed("/try"))
        await until(pilot, lambda: value_of(pilot) == "try")
        assert len(app.screen_stack) == 1


@pytest.mark.exhaustive
async def test_what_is_pasted_waits_too(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, *typed("/"), events.Paste("triage"), *typed("!"))
        await until(pilot, lambda: value_of(pilot) == "triage!")


async def test_a_dialog_gets_what_is_typed_while_it_opens(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, *typed("?quit"))
        await until(pilot, lambda: isinstance(app.screen, Help) and value_of(pilot) == "quit")


@pytest.mark.exhaustive
async def test_behind_a_closed_dialog_keys_are_for_what_lay_under_it(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunOptions))
        await until_shown(pilot, "triage")
        at_once(pilot, *typed("</ry"))
        await until(pilot, lambda: value_of(pilot) == "ry")
        assert len(app.screen_stack) == 1
        assert not app.runs.is_alive


@pytest.mark.exhaustive
async def test_the_screen_of_another_mode_gets_what_is_typed_behind_its_digit(
    workspace: Workspace,
) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, *typed("6/t-01"))
        await until(pilot, lambda: app.current_mode == "datasets" and value_of(pilot) == "t-01")


@pytest.mark.exhaustive
async def test_text_keeps_its_order(workspace: Workspace) -> None:
    app = WorkbenchApp(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.focused, TextArea))
        editor = app.focused
        assert isinstance(editor, TextArea)
        at_once(pilot, *typed(TEXT))
        await until(pilot, lambda: TEXT in editor.text)


class Slow(Input):
    """Its first key takes until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.goes = asyncio.Event()

    async def on_key(self) -> None:
        await self.goes.wait()


class SlowApp(App[int]):
    """One line, and keys in order."""

    def __init__(self) -> None:
        super().__init__()
        self.given = ""
        self.third = asyncio.Event()
        self.line = Slow()
        self.ahead = KeyQueue(self, self.give)

    def compose(self) -> ComposeResult:
        yield self.line

    async def give(self, event: Typed) -> None:
        assert isinstance(event, events.Key)
        self.given += event.character or ""
        if len(self.given) == 3:
            self.third.set()
        await super().on_event(event)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            await self.ahead.take(event)
        else:
            await super().on_event(event)


async def test_a_key_waits_for_the_one_before_it() -> None:
    app = SlowApp()
    async with app.run_test() as pilot:
        at_once(pilot, *typed("abc"))
        await pilot.pause()
        assert app.given == "a"
        app.line.goes.set()
        await until(pilot, lambda: app.line.value == "abc")


async def test_a_key_that_never_ends_does_not_hold_the_next_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_queue, "PATIENCE_S", -1.0)
    app = SlowApp()
    async with app.run_test() as pilot:
        at_once(pilot, *typed("abc"))
        await asyncio.wait_for(app.third.wait(), 120)
        assert app.given == "abc"
        app.line.goes.set()
        await until(pilot, lambda: app.line.value == "abc")


@pytest.mark.exhaustive
async def test_keys_wait_for_a_dialog_for_which_something_is_read_first(
    workspace: Workspace,
) -> None:
    reading, go = threading.Event(), threading.Event()

    def slow(_bench: Session) -> str:
        reading.set()
        assert go.wait(120)
        return "read"

    class Opens(WorkbenchApp):
        def action_start(self) -> None:
            self.in_thread(slow, done=lambda _: self.action_help(), opens=True)

    app = Opens(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, events.Key("f5", None), *typed("quit"))
        await until(pilot, reading.is_set)
        assert not app.clipboard
        go.set()
        await until(pilot, lambda: isinstance(app.screen, Help) and value_of(pilot) == "quit")


@pytest.mark.exhaustive
async def test_keys_go_on_when_a_dialog_never_comes(workspace: Workspace) -> None:
    def broken(_bench: Session) -> str:
        raise NotFound("no such thing")

    class Opens(WorkbenchApp):
        def action_start(self) -> None:
            self.in_thread(broken, done=lambda _: self.action_help(), opens=True)

    app = Opens(workspace)
    async with app.run_test(size=(80, 24)) as pilot:
        await until_shown(pilot, "triage")
        at_once(pilot, events.Key("f5", None), *typed("/ry"))
        await until(pilot, lambda: value_of(pilot) == "ry")
