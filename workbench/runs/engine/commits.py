"""Group commit: workers that wait for the store share one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future

from workbench.runs.engine.recorder import Recorder

LONGEST_S = 0.005
"""Seconds for which an answer may wait for others to be stored with."""
_CALLS_PER_UNSTORED = 8
"""Concurrent calls for each unstored answer that is allowed."""


def max_unstored(at_once: int) -> int:
    """How many unstored answers there may be while their workers make their next calls."""
    return max(1, at_once // _CALLS_PER_UNSTORED)


class Commits:
    """Lets a worker make its next call once its last answer is stored, or about to be.

    A commit takes less than a millisecond, but a busy event loop is notified several milliseconds
    later. So a few answers may still be waiting for the store while their workers go on: a crash
    loses at most the calls under way and those few answers. Half of them make a batch, or fewer
    after LONGEST_S: a transaction for each would cost more than all else that is stored.
    """

    def __init__(self, recorder: Recorder, at_once: int) -> None:
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._spare = max_unstored(at_once)
        self._batch_size = max(1, self._spare // 2)
        self._timer: asyncio.TimerHandle | None = None
        self._recorded = 0
        self._stored = 0
        self._batch: Future[None] | None = None
        self._commit: asyncio.Future[None] | None = None

    async def recorded(self) -> None:
        """Schedule a commit of the answer just recorded; wait when too many are unstored.

        Raises the store's errors.
        """
        self._recorded += 1
        mine = self._recorded
        self._schedule()
        while mine - self._stored > self._spare and self._commit is not None:
            await asyncio.shield(self._commit)

    def _schedule(self) -> None:
        """Begin a batch once there are answers for one, or some have waited for long."""
        if self._batch is not None and not self._batch.done():
            return  # `_committed` comes
        if self._recorded - self._stored >= self._batch_size:
            self._begin()
        elif self._timer is None:
            self._timer = self._loop.call_later(LONGEST_S, self._begin_late)

    def _begin_late(self) -> None:
        # An earlier batch's error is raised to the next worker.
        with contextlib.suppress(Exception):
            self._begin()

    def _begin(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        upto = self._recorded
        self._batch = self._recorder.flush(last=True)
        if self._batch is None:
            return
        commit = self._commit = self._loop.create_future()
        self._batch.add_done_callback(lambda done: self._on_stored(upto, commit, done))

    def _on_stored(self, upto: int, commit: asyncio.Future[None], done: Future[None]) -> None:
        """Called in the store's thread: counts at once, then notifies the event loop."""
        if done.exception() is None:
            self._stored = upto
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(self._committed, commit, done)

    def _committed(self, commit: asyncio.Future[None], done: Future[None]) -> None:
        error = done.exception()
        if error is not None:
            commit.set_exception(error)
            commit.exception()  # marks it as retrieved; the next flush raises it too
            return
        commit.set_result(None)
        if commit is self._commit:
            self._commit = None
            if self._recorded > self._stored:
                with contextlib.suppress(Exception):  # as above
                    self._schedule()
