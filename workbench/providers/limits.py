"""How many calls at once, and when: one throttle for a whole run.

Additive increase, multiplicative decrease (Chiu and Jain 1989, as in TCP): the level is halved when
the provider says it is overloaded, at most once for the calls that were under way at that time,
and grows by one for each level's worth of calls that went well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

MINUTE_S = 60.0


class Bucket:
    """So many units a minute, evenly: a token bucket that holds a tenth of a minute's worth."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._rate = per_minute / MINUTE_S
        self._most = max(1.0, per_minute / 10)
        self._held = self._most
        self._at = now

    def wait_s(self, now: float) -> float:
        """Seconds until something may be taken again; 0: now."""
        self._refill(now)
        return 0.0 if self._held > 0 else -self._held / self._rate + 1e-3

    def take(self, units: float, now: float) -> None:
        """Take `units`; the bucket may go into debt, which later calls wait out."""
        self._refill(now)
        self._held -= units

    def _refill(self, now: float) -> None:
        self._held = min(self._most, self._held + (now - self._at) * self._rate)
        self._at = now


class Throttle:
    """Used from one event loop. `enter` waits for a place, `leave` gives it back."""

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
        self._clock = clock
        self._paused_until = 0.0
        self._cut_at = -1.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        now = clock()
        self._requests = Bucket(requests_per_minute, now) if requests_per_minute else None
        self._tokens = Bucket(tokens_per_minute, now) if tokens_per_minute else None

    @property
    def closed(self) -> bool:
        """Nobody is let in any more."""
        return self._closing.is_set()

    @property
    def level(self) -> int:
        """How many calls may be under way now."""
        return max(1, int(self._level))

    @property
    def paused_s(self) -> float:
        """Seconds until the next call may start, as the provider asked."""
        return max(0.0, self._paused_until - self._clock())

    async def enter(self) -> bool:
        """Wait for a place; False when the throttle was closed meanwhile."""
        while not self.closed:
            delay = self._delay()
            if delay <= 0 and self.in_flight < self.level:
                self._take()
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

    def leave(self, tokens: int = 0) -> None:
        """Give a place back, and say how many tokens the call took."""
        self.in_flight -= 1
        if self._tokens and tokens:
            self._tokens.take(tokens, self._clock())
        self._wake()

    def went_well(self) -> None:
        """A call was answered: the level may grow."""
        if self._level < self.ceiling:
            self._level = min(float(self.ceiling), self._level + 1 / self._level)
            self._wake()

    def overloaded(self, started: float) -> None:
        """A call that was started at `started` (the clock's time) was turned away."""
        if started > self._cut_at:
            self._level = max(1.0, self._level / 2)
            self._cut_at = self._clock()

    def pause(self, seconds: float) -> None:
        """Start no call for so long; the longest pause asked for counts."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)

    def close(self) -> None:
        """Let nobody in any more; those who wait are told."""
        self._closing.set()
        self._wake(everybody=True)

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until the throttle is closed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def _take(self) -> None:
        self.in_flight += 1
        if self._requests:
            self._requests.take(1, self._clock())

    def _delay(self) -> float:
        now = self._clock()
        delay = self._paused_until - now
        for bucket in (self._requests, self._tokens):
            if bucket:
                delay = max(delay, bucket.wait_s(now))
        return delay

    def _wake_in(self, delay: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is None or self._timer.cancelled() or self._timer.when() <= loop.time():
            self._timer = loop.call_later(delay, self._wake, True)

    def _wake(self, everybody: bool = False) -> None:
        free = len(self._waiting) if everybody else self.level - self.in_flight
        while self._waiting and free > 0:
            place = self._waiting.popleft()
            if not place.done():
                place.set_result(None)
                free -= 1
