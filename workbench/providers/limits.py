"""Concurrency and rate limits: one throttle for a whole run.

Additive increase, multiplicative decrease (Chiu and Jain 1989, as in TCP): the level is halved when
the provider reports overload, at most once for the calls that were under way at that time, and
grows by one for each `level` successful calls.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

from workbench.prompts.inputs.sent import file_tokens
from workbench.providers.base import Answer, Request
from workbench.providers.options import max_output

MINUTE_S = 60.0
_ROUNDING = 1e-9
_CHARACTERS_A_TOKEN = 4.0
"""Characters per token of ordinary text, before any answer was seen."""
_FIRST_ANSWER = 500
"""Tokens assumed for an answer without a limit, before any answer was seen."""


class Bucket:
    """A token bucket of `per_minute` units per minute that holds one second's worth.

    The burst is subtracted from the rate, so that no minute, not even the first, exceeds the limit.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = max(1.0, per_minute / MINUTE_S)
        self._rate = (per_minute - (self._most - 1.0)) / MINUTE_S
        self._held = self._most
        self._at = now

    def wait_s(self, now: float, units: float) -> float:
        """Seconds until `units`, or at most the bucket's capacity, may be taken; 0: now."""
        self._refill(now)
        lacks = min(max(units, 1.0), self._most) - self._held
        return 0.0 if lacks <= _ROUNDING else lacks / self._rate + 1e-3

    def take(self, units: float, now: float) -> None:
        """Take `units`; negative ones are given back.

        The bucket may go below 0; later calls then wait longer.
        """
        self._refill(now)
        self._held = min(self._most, self._held - units)

    def _refill(self, now: float) -> None:
        self._held = min(self._most, self._held + (now - self._at) * self._rate)
        self._at = now


class TokenGuess:
    """Estimates a call's tokens from its length and from the answers so far."""

    def __init__(self) -> None:
        self._characters = _CHARACTERS_A_TOKEN
        self._read = 1.0
        self._written = 0
        self._answers = 0

    def of(self, request: Request) -> float:
        """Tokens of prompt and answer together."""
        written = self._written / self._answers if self._answers else _allowed(request)
        return _length(request) * self._read / self._characters + written

    def learn(self, request: Request, answer: Answer) -> None:
        """Take the token counts that the provider reported."""
        if answer.prompt_tokens is None or answer.completion_tokens is None:
            return
        self._characters += _length(request)
        self._read += answer.prompt_tokens
        self._written += answer.completion_tokens
        self._answers += 1


def _length(request: Request) -> int:
    text = sum(len(message.content) for message in request.messages)
    return text + int(_CHARACTERS_A_TOKEN) * file_tokens(request.messages)


def _allowed(request: Request) -> float:
    limit = max_output(request)
    return _FIRST_ANSWER if limit is None else limit


class Throttle:
    """Used from one event loop. `enter` waits for a slot, `leave` releases it."""

    def __init__(
        self,
        ceiling: int,
        *,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float],
    ) -> None:
        self.ceiling = max(1, ceiling)
        self.in_flight = 0
        self._closing = asyncio.Event()
        self._level = float(self.ceiling)
        self.clock = clock
        self._paused_until = 0.0
        self._cut_at = -1.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        now = clock()
        self._requests = Bucket(requests_per_minute, now) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute, now) if tokens_per_minute else None

    @property
    def closed(self) -> bool:
        """Whether the throttle is closed to new calls."""
        return self._closing.is_set()

    @property
    def level(self) -> int:
        """How many calls may be under way at present."""
        return max(1, int(self._level))

    @property
    def paused_s(self) -> float:
        """Seconds until the next call may start, as the provider asked."""
        return max(0.0, self._paused_until - self.clock())

    @property
    def held_back_s(self) -> float:
        """Seconds until the next call may start, when none is under way and the limits of calls
        and tokens per minute hold all of them back.
        """
        return max(0.0, self._due - self.clock()) if self._waiting and not self.in_flight else 0.0

    @property
    def counts_tokens(self) -> bool:
        """Whether there is a token limit, so that `enter` needs the number of tokens."""
        return self._tokens is not None

    async def enter(self, tokens: float = 0.0) -> bool:
        """Wait for a slot for a call of about `tokens` tokens; False when the throttle was closed
        meanwhile.
        """
        while not self.closed:
            delay = self._delay(tokens)
            if delay <= 0 and self.in_flight < self.level:
                self._take(tokens)
                return True
            if delay > 0:
                self._wake_in(delay)
            place = asyncio.get_running_loop().create_future()
            self._waiting.append(place)
            try:
                await place
            except asyncio.CancelledError:
                self._wake()
                raise
        return False

    def leave(self, tokens: float = 0.0, entered_with: float = 0.0) -> None:
        """Release a slot; `tokens` were used, `entered_with` were estimated."""
        self.in_flight -= 1
        if self._tokens and tokens != entered_with:
            self._tokens.take(tokens - entered_with, self.clock())
        self._wake()

    def succeeded(self) -> None:
        """A call was answered: the level may increase."""
        if self._level < self.ceiling:
            self._level = min(float(self.ceiling), self._level + 1 / self._level)
            self._wake()

    def overloaded(self, started: float) -> None:
        """A call started at `started`, by the throttle's clock, was refused for overload."""
        if started > self._cut_at:
            self._level = max(1.0, self._level / 2)
            self._cut_at = self.clock()

    def pause(self, seconds: float) -> None:
        """Start no call for `seconds`; the longest pause wins."""
        self._paused_until = max(self._paused_until, self.clock() + seconds)

    def close(self) -> None:
        """Accept no more calls; waiting `enter` calls return False."""
        self._closing.set()
        self._wake(everybody=True)

    async def sleep(self, seconds: float) -> None:
        """Sleep for `seconds`, or until the throttle is closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _take(self, tokens: float) -> None:
        self.in_flight += 1
        if self._requests:
            self._requests.take(1, self.clock())
        if self._tokens:
            self._tokens.take(tokens, self.clock())

    def _delay(self, tokens: float) -> float:
        now = self.clock()
        delay = self._paused_until - now
        if self._requests:
            delay = max(delay, self._requests.wait_s(now, 1))
        if self._tokens:
            delay = max(delay, self._tokens.wait_s(now, tokens))
        return delay

    def _wake_in(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and not self._timer.cancelled():
            if loop.time() < self._timer.when() <= loop.time() + delay:
                return
            self._timer.cancel()
        self._due = self.clock() + delay
        self._timer = loop.call_later(delay, self._wake, True)

    def _wake(self, everybody: bool = False) -> None:
        free = len(self._waiting) if everybody else self.level - self.in_flight
        while self._waiting and free > 0:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1
