"""A provider that is away for a while, and how long a run waits for it."""

from __future__ import annotations

import asyncio
import errno
import gzip
import json
import random
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import virtual_time
from tests.support.fault_server import CLOSE, FaultServer, answer, completion, error, http
from tests.support.specs import make_spec, start
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers import retry
from workbench.providers.base import Answer, Limits, Outcome, Price, Request
from workbench.providers.failures import classify_failure
from workbench.providers.limits import Throttle
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.opening import open_provider
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import POLICY, RetryBudget, RetryPolicy
from workbench.runs.spec.values import RunStatus
from workbench.settings import ProviderSettings

WAIT_S = 60.0
REQUEST = Request("m", (Message("user", "hi"),))
DOWN = Answer(Outcome.PROVIDER_ERROR, error="host answered 503", status=503, retry=True)
BUSY = Answer(Outcome.RATE_LIMITED, error="busy", status=429, retry=True, retry_after_s=0.001)


@dataclass
class Away:
    """A provider that fails as long as `is_away` says so of the seconds since the run began."""

    is_away: Callable[[float], bool]
    failure: Answer = DOWN
    asked_at: list[float] = field(default_factory=list)
    name: str = "away"
    identity: dict[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def price(self, model: str) -> Price | None:
        return None

    async def answer(self, request: Request, *, timeout_s: float, on_text: Any = None) -> Answer:
        await asyncio.sleep(0.05)
        at = asyncio.get_running_loop().time()
        self.asked_at.append(at)
        return self.failure if self.is_away(at) else Answer(Outcome.OK, "fine")

    async def close(self) -> None:
        """Nothing to give back."""


@pytest.fixture(params=range(5))
def jitter(request: pytest.FixtureRequest) -> None:
    """Back-offs are random; what holds, holds for any of them."""
    random.seed(request.param)


def ask_many(provider: Away, number: int, ceiling: int) -> tuple[list[Answer | None], float]:
    """The answers, and the seconds that they took."""

    async def all_of() -> tuple[list[Answer | None], float]:
        clock = asyncio.get_running_loop().time
        budget = RetryBudget(left=20.0 + 3 * ceiling)
        asking = Retrier(provider, Throttle(ceiling, clock=clock), 5.0, budget)
        waiting = asyncio.Semaphore(ceiling)

        async def one() -> Answer | None:
            async with waiting:
                return await asking.ask(REQUEST)

        return await asyncio.gather(*(one() for _ in range(number))), clock()

    return virtual_time.run(all_of())


@pytest.mark.exhaustive(keep=5)
@pytest.mark.usefixtures("jitter")
@pytest.mark.parametrize("ceiling", [1, 4, 16, 100])
def test_a_spell_of_fifteen_seconds_costs_no_case(ceiling: int) -> None:
    provider = Away(lambda at: 1.0 < at < 16.0)
    answers, _ = ask_many(provider, 40 * ceiling, ceiling)
    assert all(one is not None and one.outcome is Outcome.OK for one in answers)
    in_vain = len([at for at in provider.asked_at if provider.is_away(at)])
    assert 0 < in_vain <= 3 * ceiling + 10


@pytest.mark.usefixtures("jitter")
def test_the_whole_run_waits_longer_the_longer_an_outage_lasts() -> None:
    provider = Away(lambda at: at < 40.0)
    ask_many(provider, 8, 8)
    half = len([at for at in provider.asked_at if at < 20.0])
    assert len(provider.asked_at) - half < half
    assert max(b - a for a, b in zip(provider.asked_at, provider.asked_at[1:], strict=False)) > 5.0


@pytest.mark.exhaustive(keep=2)
@pytest.mark.usefixtures("jitter")
@pytest.mark.parametrize(
    ("away_from", "longest"), [(0.0, POLICY.longest_start_s), (1.0, POLICY.longest_outage_s)]
)
def test_an_outage_has_an_end_and_says_how_long_it_was(away_from: float, longest: float) -> None:
    away = Away(lambda at: at >= away_from)
    with pytest.raises(ProviderError, match=r"503; nothing was answered for (\d+) s") as caught:
        ask_many(away, 3000, 8)
    assert "resume" in str(caught.value)
    lasted = max(away.asked_at) - min(at for at in away.asked_at if away.is_away(at))
    assert longest <= lasted < longest + 25.0
    assert f"for {lasted:.0f} s" in str(caught.value)


@pytest.mark.usefixtures("jitter")
def test_a_case_that_breaks_the_server_each_time_fails_alone() -> None:
    """It is asked again and again while nothing else is: that is no outage without an end."""
    provider = Away(lambda at: len(provider.asked_at) <= 8)
    answers, _ = ask_many(provider, 2, 1)
    assert [one.outcome for one in answers if one] == [Outcome.PROVIDER_ERROR, Outcome.OK]


@pytest.mark.usefixtures("jitter")
def test_one_failure_among_answers_holds_nobody_up() -> None:
    provider = Away(lambda at: len(provider.asked_at) % 10 == 3)
    _, lasted = ask_many(provider, 200, 4)
    undisturbed = 200 / 4 * 0.05
    assert lasted < undisturbed + 20 * 0.5 / 2, "each waited for alone, at most by two at a time"


@pytest.mark.usefixtures("jitter")
def test_a_short_retry_after_does_not_disable_the_backoff() -> None:
    provider = Away(lambda at: at < 3.0, failure=BUSY)
    answers, _ = ask_many(provider, 60, 8)
    assert all(one is not None and one.outcome is Outcome.OK for one in answers)
    assert max(one.attempts for one in answers if one) <= 6


@pytest.mark.usefixtures("short")
def test_a_run_survives_a_spell_of_503(tmp_path: Path) -> None:
    def script(number: int, body: bytes) -> list[Any]:
        if 40 <= number < 64:
            return [error("503 Service Unavailable", message="upstream")]
        return [0.005, answer()]

    with FaultServer(script) as server:
        live = start(make_spec(300, concurrency=16), server.base_url, tmp_path / "runs.db")
        summary = live.wait(WAIT_S)
    assert (summary.status, summary.scored) == (RunStatus.COMPLETE, 300), summary.reason


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-offs of a fiftieth of their length, where a real server is waited for."""
    monkeypatch.setattr(
        "workbench.providers.retry.POLICY", RetryPolicy(first_backoff_s=0.01, longest_backoff_s=0.4)
    )


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{" + b" " * 10,
        http(json.dumps(completion()), headers=["content-encoding: gzip"]),
        http(gzip.compress(b"{}" * 500)[:20], headers=["content-encoding: gzip"], length=100),
    ],
)
def test_answers_that_are_cut_are_not_put_down_to_the_address(
    tmp_path: Path, reply: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "POLICY", replace(retry.POLICY, longest_start_s=0.5))
    with FaultServer(lambda number, body: [reply, CLOSE]) as server:
        summary = start(make_spec(30), server.base_url, tmp_path / "runs.db").wait(WAIT_S)
    assert summary.scored == 0
    assert "base_url" not in summary.reason
    assert "broke off" in summary.reason or "decompressed" in summary.reason


def test_a_call_that_no_file_was_left_for_was_never_sent() -> None:
    cause = OSError(errno.EMFILE, "Too many open files")
    failure = RuntimeError("All connection attempts failed")
    failure.__cause__ = cause
    received = classify_failure(failure, CallContext("host:1", "m"))
    assert (received.outcome, received.retry, received.maybe_billed) == (
        Outcome.PROVIDER_ERROR,
        True,
        False,
    )
    assert "open files" in received.error and "concurrency" in received.error


def test_an_endpoint_takes_no_more_calls_at_once_than_files_may_be_open() -> None:
    settings = ProviderSettings("mock", base_url="http://127.0.0.1:9/v1")
    at_once = open_provider(settings, environ={}).limits.at_once
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    assert at_once is None or 0 < at_once < soft


@pytest.mark.exhaustive
def test_a_run_of_more_calls_at_once_than_files_may_be_open_is_complete(tmp_path: Path) -> None:
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
from pathlib import Path
from tests.support.specs import make_spec, start
import sys
live = start(make_spec(300, concurrency=200), sys.argv[1], Path({str(tmp_path / "runs.db")!r}))
summary = live.wait({WAIT_S})
assert summary.scored == 300, summary.reason
assert "maybe_billed" not in summary.environment
"""
    with FaultServer(lambda number, body: [0.05, answer()]) as server:
        command = [sys.executable, "-c", code, server.base_url]
        done = subprocess.run(command, cwd=Path.cwd(), timeout=WAIT_S, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
