"""On a tall, wide screen a run at work says what each call is at."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text, until, until_shown
from tests.tui.conftest import write_workspace
from workbench.tui.app import WorkbenchApp

pytestmark = pytest.mark.anyio


@pytest.mark.exhaustive
@pytest.mark.parametrize(("size", "room"), [((200, 60), True), ((120, 40), False)])
async def test_the_calls_under_way_are_listed_where_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], room: bool
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    gate = threading.Event()

    def slow(messages: list[dict[str, str]], _options: dict[str, object]) -> str:
        if "Ticket 7:" in messages[-1]["content"]:
            gate.wait(120)
        return "billing"

    with OpenAIServer(slow) as server:
        app = WorkbenchApp(write_workspace(tmp_path / "shop", server.base_url))
        async with app.run_test(size=size) as pilot:
            await until_shown(pilot, "not registered")
            await pilot.press("f5")
            await until_shown(pilot, "20 calls")
            await pilot.press("ctrl+s")
            await until_shown(pilot, "19/20")
            slots = app.runs.progress.slots if app.runs.progress else ()
            assert [slot.case_id for slot in slots] == ["t-007"]
            assert ("Calls in flight · oldest first" in screen_text(app)) is room
            gate.set()
            await until_shown(pilot, "20/20", "complete")
            await until(pilot, lambda: "Calls in flight" not in screen_text(app))
