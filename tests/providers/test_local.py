"""The embedded model as a provider."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.specs import make_spec
from workbench.prompts.values import Input, Message, Model, Prompt
from workbench.providers.base import Answer, Outcome, Provider, Request
from workbench.providers.embedded import local
from workbench.providers.embedded.model import EmbeddedModel
from workbench.providers.opening import open_provider
from workbench.runs.engine.engine import start_run
from workbench.runs.spec.values import RunStatus
from workbench.settings import ProviderSettings

pytestmark = pytest.mark.exhaustive

LOCAL = ProviderSettings("local")
OPTIONS = {"maxOutputTokens": 4, "temperature": 0, "seed": 1, "stop": ["\n"]}
REQUEST = Request("gemma-3-270m", (Message("user", "one two three four"),), OPTIONS)


def pid_of_the_server() -> int:
    (server,) = local._SERVERS._running.values()
    return server.pid


def test_it_says_who_it_is_without_starting() -> None:
    before = dict(local._SERVERS._users)
    provider = open_provider(LOCAL)
    assert provider.identity["weights"].startswith("a5fd3b62")
    assert provider.identity["runtime"].startswith("xllamacpp 20")
    price = provider.price("anything")
    assert price is not None and price.cost(None, None) == 0.0
    assert local._SERVERS._users == before


def test_it_answers_streams_and_comes_back_after_a_crash() -> None:
    async def talk(provider: Provider) -> list[Answer]:
        pieces: list[str] = []
        try:
            first = await provider.answer(REQUEST, timeout_s=60)
            streamed = await provider.answer(REQUEST, timeout_s=60, on_text=pieces.append)
            assert "".join(pieces) == streamed.text
            os.kill(pid_of_the_server(), signal.SIGKILL)
            crashed = await provider.answer(REQUEST, timeout_s=60)
            if not crashed.outcome.is_error:
                raise AssertionError("it answered after it was killed")
            again = await provider.answer(REQUEST, timeout_s=60)
            return [first, streamed, crashed, again]
        finally:
            await provider.close()

    first, streamed, crashed, again = asyncio.run(talk(open_provider(LOCAL)))
    assert first.outcome in (Outcome.OK, Outcome.TRUNCATED) and first.text
    assert first.text == streamed.text == again.text
    assert first.cost_usd == 0.0 and (first.prompt_tokens or 0) > 3
    assert streamed.first_token_s is not None
    assert crashed.retry and "crashed" in crashed.error


def test_a_run_uses_the_server_that_is_there_and_a_second_run_none(tmp_path: Path) -> None:
    prompt = Prompt(
        "echo",
        (Message("user", "Say it again: {{ ticket }}\nAnswer:"),),
        Model("gemma-3-270m", "local", {"maxOutputTokens": 4, "stopSequences": ["\n"]}),
        (Input("ticket"),),
    )
    spec = make_spec(4, prompt=prompt, timeout_s=60.0, budget_usd=1.0)
    first = start_run(spec, lambda: open_provider(LOCAL), tmp_path / "runs.db").wait(60)
    pid = pid_of_the_server()
    fresh = make_spec(4, prompt=prompt, timeout_s=60.0, fresh=True)
    second = start_run(fresh, lambda: open_provider(LOCAL), tmp_path / "runs.db").wait(60)
    assert pid_of_the_server() == pid
    local._SERVERS.close()
    third = start_run(spec, lambda: open_provider(LOCAL), tmp_path / "runs.db").wait(60)
    assert local._SERVERS._running == {}
    assert [run.calls for run in (first, second, third)] == [4, 4, 0]
    assert first.status is RunStatus.COMPLETE and first.cost_usd == 0.0
    assert first.environment["identity"]["weights"].startswith("a5fd3b62")


def test_a_server_that_nobody_uses_ends_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Stub] = []
    timers: list[Timer] = []

    class Timer:
        """Ends when the test says so."""

        def __init__(self, seconds: float, call: Callable[..., None], given: list[str]) -> None:
            assert seconds == local.IDLE_S
            self._call: Callable[[], None] | None = lambda: call(*given)
            timers.append(self)

        def start(self) -> None:
            """Nothing: the clock is the test's."""

        def cancel(self) -> None:
            self._call = None

        def end(self) -> None:
            if self._call:
                self._call()

    class Stub:
        """A server that only lives and dies."""

        def __init__(self, model: EmbeddedModel, slots: int) -> None:
            self.model = model
            self.alive = True
            started.append(self)

        def close(self) -> None:
            self.alive = False

    monkeypatch.setattr(local, "start", Stub)
    monkeypatch.setattr(threading, "Timer", Timer)
    servers = local._Servers()
    model = EmbeddedModel(Path("weights.gguf"), "0" * 64, "stub")
    first, second = servers.enter(model, 2), servers.enter(model, 2)
    assert first is second and len(started) == 1
    servers.leave(first)
    assert not timers, "the second still uses it"
    servers.leave(second)
    again = servers.enter(model, 2)
    timers[0].end()
    assert again is first and started[0].alive, "it was used again in time"
    servers.leave(again)
    assert started[0].alive
    timers[1].end()
    assert not started[0].alive
    servers.enter(model, 2)
    assert len(started) == 2
    servers.close()
    assert not started[1].alive


def test_a_start_that_nobody_waits_for_gives_its_server_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow:
        alive = True

        def __init__(self, model: EmbeddedModel, slots: int) -> None:
            self.model = model
            begun.set()
            go_on.wait(60)

        def close(self) -> None:
            self.alive = False

    servers = local._Servers()
    monkeypatch.setattr(local, "start", Slow)
    monkeypatch.setattr(local, "_SERVERS", servers)

    async def give_up() -> None:
        provider = open_provider(LOCAL)
        asked = asyncio.create_task(provider.answer(REQUEST, timeout_s=60))
        await asyncio.to_thread(begun.wait, 60)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await provider.close()
        go_on.set()

    asyncio.run(give_up())
    assert list(servers._users.values()) == [0]
    servers.close()
