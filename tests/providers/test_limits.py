"""How many calls at once, and how often again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support import virtual_time
from workbench.errors import ProviderError
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Limits, Outcome, Price, Request
from workbench.providers.limits import Throttle
from workbench.providers.retry import Retrier
from workbench.providers.retry_policy import RetryBudget, RetryPolicy

REQUEST = Request("m", (Message("user", "hi"),))
FINE = Answer(Outcome.OK, "fine")
BUSY = Answer(Outcome.RATE_LIMITED, error="busy", status=429, retry=True, retry_after_s=0.001)
DOWN = Answer(Outcome.PROVIDER_ERROR, error="down", status=500, retry=True, retry_after_s=0.001)


@pytest.fixture(autouse=True)
def short_back_offs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.providers.retry.POLICY", RetryPolicy(first_backoff_s=0.001))


@dataclass
class Scripted:
    """A provider that gives one answer after another, the last one for ever."""

    answers: list[Answer]
    seen: int = 0
    at_once: int = 0
    most: int = 0
    name: str = "scripted"
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
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        answer = self.answers[min(self.seen, len(self.answers) - 1)]
        self.seen += 1
        return answer

    async def close(self) -> None:
        """Nothing to give back."""


def ask(provider: Scripted, *, budget: RetryBudget | None = None, ceiling: int = 4) -> Answer:
    async def one() -> Answer:
        throttle = Throttle(ceiling, clock=asyncio.get_running_loop().time)
        asking = Retrier(provider, throttle, 5.0, budget or RetryBudget())
        answer = await asking.ask(REQUEST)
        assert answer is not None
        return answer

    return virtual_time.run(one())


def test_what_may_pass_is_asked_again_and_counted() -> None:
    answer = ask(Scripted([BUSY, DOWN, FINE]))
    assert (answer.outcome, answer.attempts) == (Outcome.OK, 3)


def test_what_will_not_pass_is_asked_once() -> None:
    provider = Scripted([Answer(Outcome.PROVIDER_ERROR, error="no", status=400)])
    assert ask(provider).attempts == 1
    assert provider.seen == 1


def test_attempts_are_limited_in_each_way_a_call_can_fail() -> None:
    provider = Scripted([DOWN])
    assert ask(provider).outcome is Outcome.PROVIDER_ERROR
    assert provider.seen == 5


def test_rate_limits_do_not_use_up_the_attempts_for_errors() -> None:
    provider = Scripted([BUSY, BUSY, BUSY, BUSY, DOWN, BUSY, DOWN, FINE])
    assert ask(provider).attempts == 8


def test_an_error_that_says_how_long_to_wait_is_waited_for() -> None:
    async def timed() -> float:
        loop = asyncio.get_running_loop()
        later = Answer(Outcome.PROVIDER_ERROR, error="x", status=500, retry=True, retry_after_s=0.3)
        asking = Retrier(Scripted([later, FINE]), Throttle(4, clock=loop.time), 5.0, RetryBudget())
        started = loop.time()
        await asking.ask(REQUEST)
        return loop.time() - started

    assert 0.3 <= virtual_time.run(timed()) < 0.4


def test_without_budget_errors_are_final_and_rate_limits_are_not() -> None:
    assert ask(Scripted([DOWN, FINE]), budget=RetryBudget(left=0)).outcome.is_error
    assert ask(Scripted([BUSY, FINE]), budget=RetryBudget(left=0)).outcome is Outcome.OK


def test_a_success_earns_a_share_of_a_retry() -> None:
    budget = RetryBudget(left=0.0, a_call=0.5)
    assert not budget.spend()
    budget.earn()
    budget.earn()
    assert budget.spend() and not budget.spend()


def test_nobody_there_before_the_first_answer_stops_the_run() -> None:
    nobody = Answer(Outcome.PROVIDER_ERROR, error="host: connection refused", retry=True)

    async def many() -> None:
        throttle = Throttle(8, clock=asyncio.get_running_loop().time)
        asking = Retrier(Scripted([nobody]), throttle, 5.0, RetryBudget())
        with pytest.raises(ProviderError, match="connection refused"):
            await asyncio.gather(*(asking.ask(REQUEST) for _ in range(8)))

    virtual_time.run(many())


def throttle_at(ceiling: int, now: list[float], **limits: int) -> Throttle:
    return Throttle(ceiling, clock=lambda: now[0], **limits)


def test_the_level_is_halved_once_for_the_calls_under_way_and_grows_again() -> None:
    now = [100.0]
    throttle = throttle_at(16, now)
    for _ in range(10):
        throttle.overloaded(started=99.0)
    assert throttle.level == 8
    now[0] = 101.0
    throttle.overloaded(started=100.5)
    assert throttle.level == 4
    for _ in range(5):
        throttle.succeeded()
    assert throttle.level == 5
    for _ in range(1000):
        throttle.succeeded()
    assert throttle.level == 16


def test_the_level_never_goes_below_one() -> None:
    now = [0.0]
    throttle = throttle_at(4, now)
    for second in range(10):
        now[0] = float(second)
        throttle.overloaded(started=second - 0.1)
    assert throttle.level == 1


def test_the_longest_wait_that_was_asked_for_counts() -> None:
    now = [0.0]
    throttle = throttle_at(4, now)
    throttle.pause(30.0)
    throttle.pause(5.0)
    assert throttle.paused_s == 30.0
    now[0] = 29.0
    assert throttle.paused_s == 1.0


def test_no_more_calls_than_the_level_are_under_way() -> None:
    async def many() -> int:
        provider = Scripted([FINE])
        throttle = Throttle(3, clock=asyncio.get_running_loop().time)
        asking = Retrier(provider, throttle, 5.0, RetryBudget())
        await asyncio.gather(*(asking.ask(REQUEST) for _ in range(40)))
        assert throttle.in_flight == 0
        return provider.most

    assert virtual_time.run(many()) == 3


def test_who_waits_is_told_when_the_throttle_closes() -> None:
    async def waiting() -> list[bool]:
        throttle = Throttle(1, clock=asyncio.get_running_loop().time)
        assert await throttle.enter()
        others = [asyncio.create_task(throttle.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        throttle.close()
        return await asyncio.wait_for(asyncio.gather(*others), 1.0)

    assert virtual_time.run(waiting()) == [False, False, False]


def test_a_place_given_to_somebody_who_left_goes_to_the_next() -> None:
    async def waiting() -> bool:
        throttle = Throttle(1, clock=asyncio.get_running_loop().time)
        assert await throttle.enter()
        first = asyncio.create_task(throttle.enter())
        second = asyncio.create_task(throttle.enter())
        await asyncio.sleep(0)
        throttle.leave()
        first.cancel()
        return await asyncio.wait_for(second, 1.0)

    assert virtual_time.run(waiting()) is True
