"""How evenly calls start under a limit of requests or tokens a minute."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from tests.support import virtual_time
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Limits, Outcome, Price, Request
from workbench.providers.limits import Bucket, Throttle, TokenGuess
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import RetryBudget

REQUEST = Request("m", (Message("user", "hi"),))
LONG = Request("m", (Message("user", "four" * 1000),))
FINE = Answer(Outcome.OK, "fine")


@dataclass
class Slow:
    """A provider whose answers take their time."""

    seconds: float
    name: str = "slow"
    identity: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def price(self, model: str) -> Price | None:
        return None

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        await asyncio.sleep(self.seconds)
        return FINE

    async def close(self) -> None:
        """Nothing to give back."""


def throttle_at(ceiling: int, now: list[float], **limits: int) -> Throttle:
    return Throttle(ceiling, clock=lambda: now[0], **limits)


def taken(per_minute: int, units: int, number: int) -> list[float]:
    """When each of so many calls may start, if all of them want to at once."""
    bucket = Bucket(per_minute, now=0.0)
    now, times = 0.0, []
    for _ in range(number):
        while wait := bucket.wait_s(now, units):
            now += wait
        bucket.take(units, now)
        times.append(now)
    return times


@pytest.mark.parametrize("per_minute", [1, 2, 10, 60, 500, 600, 6000])
def test_no_minute_has_more_requests_than_its_limit_and_hardly_less(per_minute: int) -> None:
    times = taken(per_minute, 1, 2 * per_minute + 2)
    for number, at in enumerate(times):
        assert bisect_left(times, at + 60.0) - number <= per_minute
    assert bisect_left(times, 120.0) >= 1.9 * per_minute


def test_requests_a_minute_are_spread_evenly() -> None:
    times = taken(60, 1, 20)
    assert times[0] == 0.0
    assert all(0.99 < later - at < 1.02 for at, later in pairwise(times))
    assert taken(600, 1, 11)[:10] == [0.0] * 10  # a second's worth at once


def test_no_minute_has_more_tokens_than_its_limit() -> None:
    times = taken(6000, 1000, 13)
    assert times[1] > 9.0
    assert len([at for at in times if at < 60.0]) <= 6
    assert times[12] < 130.0


def test_tokens_of_an_answer_are_paid_for_by_the_next_calls() -> None:
    bucket = Bucket(6000, now=0.0)
    bucket.take(1100, 0.0)
    assert bucket.wait_s(0.0, 1) == pytest.approx(10.2, abs=0.2)
    assert bucket.wait_s(11.0, 1) == 0.0
    bucket.take(-5000, 11.0)
    bucket.take(100, 11.0)
    assert bucket.wait_s(11.0, 1) > 0.0, "what is given back is no more than a second's worth"


def test_calls_at_the_start_keep_to_tokens_a_minute_before_anything_is_answered() -> None:
    """Sixteen calls of a thousand tokens, of which six go into a minute."""
    now = [0.0]

    async def many() -> int:
        throttle = throttle_at(16, now, tokens_per_minute=6000)
        asking = Retrier(Slow(0.2), throttle, 5.0, RetryBudget())
        calls = [asyncio.create_task(asking.ask(LONG)) for _ in range(16)]
        await asyncio.sleep(0.05)
        begun = throttle.in_flight
        throttle.close()
        await asyncio.gather(*calls)
        return begun

    assert virtual_time.run(many()) == 1


def test_an_estimate_of_tokens_is_settled_with_what_was_used() -> None:
    now = [0.0]
    throttle = throttle_at(16, now, tokens_per_minute=60_000)

    async def once(used: float) -> float:
        assert await throttle.enter(900)
        throttle.leave(used, 900)
        assert throttle._tokens is not None
        return throttle._tokens.wait_s(now[0], 900)

    assert virtual_time.run(once(100)) == 0.0
    now[0] = 100.0
    assert virtual_time.run(once(5000)) == pytest.approx(4.9, abs=0.2)


def test_tokens_are_guessed_from_what_was_seen() -> None:
    guess = TokenGuess()
    assert 1000 < guess.of(LONG) < 2000
    limited = Request("m", LONG.messages, {"maxOutputTokens": 10})
    assert 1000 < guess.of(limited) < 1100
    for _ in range(50):
        guess.learn(LONG, Answer(Outcome.OK, prompt_tokens=2000, completion_tokens=30))
    guess.learn(LONG, Answer(Outcome.OK))
    assert guess.of(LONG) == pytest.approx(2030, rel=0.05)
    assert guess.of(Request("m", ())) == pytest.approx(30, abs=1)


def test_a_shorter_wait_is_not_held_up_by_a_longer_one() -> None:
    async def waiting() -> float:
        loop = asyncio.get_running_loop()
        throttle = Throttle(4, tokens_per_minute=60_000, clock=loop.time)
        assert await throttle.enter(1000)
        started = loop.time()
        long = asyncio.create_task(throttle.enter(1000))
        await asyncio.sleep(0)
        assert await asyncio.wait_for(throttle.enter(100), 0.6)
        waited = loop.time() - started
        throttle.close()
        await long
        return waited

    assert virtual_time.run(waiting()) < 0.5


def test_a_run_keeps_to_requests_a_minute() -> None:
    async def many() -> float:
        loop = asyncio.get_running_loop()
        throttle = Throttle(50, requests_per_minute=1200, clock=loop.time)
        throttle._requests = Bucket(1200, loop.time())
        throttle._requests._held = 5
        asking = Retrier(Slow(0.001), throttle, 5.0, RetryBudget())
        started = loop.time()
        await asyncio.gather(*(asking.ask(REQUEST) for _ in range(15)))
        return loop.time() - started

    assert 0.35 < virtual_time.run(many()) < 0.7


def test_a_throttle_says_how_long_its_rate_holds_all_calls_back() -> None:
    now = 100.0

    async def waited() -> tuple[float, ...]:
        nonlocal now
        throttle = Throttle(4, requests_per_minute=6, clock=lambda: now)
        await throttle.enter()
        waiting = asyncio.create_task(throttle.enter())
        await asyncio.sleep(0)
        seen = [throttle.held_back_s]
        throttle.leave()
        await asyncio.sleep(0)
        seen.append(throttle.held_back_s)
        now += 4.0
        seen.append(throttle.held_back_s)
        throttle.close()
        assert not await waiting
        return (*seen, throttle.held_back_s)

    assert virtual_time.run(waited()) == pytest.approx((0.0, 10.0, 6.0, 0.0), abs=0.1)
