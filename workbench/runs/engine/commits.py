"""Group commit: whoever waits for the store waits together, for one transaction."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future

from workbench.runs.engine.recorder import Recorder


def on_their_way(at_once: int) -> int:
    """How many answers may wait for the store while the workers that got them ask again."""
    return max(1, at_once // 8)


class Commits:
    """A worker asks its next question when its last answer is stored, or about to be.

    A commit takes less than a millisecond, but a busy loop hears of it several milliseconds
    later. So a few answers may be on their way to the store while their workers ask again: to a
    crash no more can be lost than the calls allowed at once and those few.
    """

    def __init__(self, recorder: Recorder, at_once: int) -> None:
        self._recorder = recorder
        self._loop = asyncio.get_running_loop()
        self._spare = on_their_way(at_once)
        self._recorded = 0
        self._stored = 0
        self._batch: Future[None] | None = None
        self._commit: asyncio.Future[None] | None = None

    async def recorded(self) -> None:
        """See to it that the answer just recorded is stored; wait when too many are not.

        Raises what storing raised.
        """
        self._recorded += 1
        mine = self._recorded
        if self._batch is None or self._batch.done():
            self._begin()
        while mine - self._stored > self._spare and self._commit is not None:
            await asyncio.shield(self._commit)

    def _begin(self) -> None:
        upto = self._recorded
        self._batch = self._recorder.flush(last=True)
        if self._batch is None:
            return
        commit = self._commit = self._loop.create_future()
        self._batch.add_done_callback(lambda done: self._tell(upto, commit, done))

    def _tell(self, upto: int, commit: asyncio.Future[None], done: Future[None]) -> None:
        """In the store's thread. What is stored counts at once; the loop hears of it later."""
        if done.exception() is None:
            self._stored = upto
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._committed, commit, done)

    def _committed(self, commit: asyncio.Future[None], done: Future[None]) -> None:
        error = done.exception()
        if error is not None:
            commit.set_exception(error)
            commit.exception()  # looked at, also when nobody waits: the next flush raises it too
            return
        commit.set_result(None)
        if commit is self._commit:
            self._commit = None
            if self._recorded > self._stored:
                # What an earlier batch failed with is raised again to the next worker.
                with contextlib.suppress(Exception):
                    self._begin()
