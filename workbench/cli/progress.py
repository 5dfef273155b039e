"""A run's progress, as one line on stderr that is overwritten."""

from __future__ import annotations

import contextlib
import math
import shutil
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from workbench.cli import interrupts, streams
from workbench.present import numbers
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.cli.context import CommandContext
    from workbench.runs.engine.live import LiveRun
    from workbench.runs.spec.values import RunProgress

TICK_S = 0.1
_WORTH_SAYING_S = 1.0
"""Minimum width of a displayed wait in seconds: shorter ones would flicker."""


class Follower:
    """Shows the progress of runs and passes Ctrl+C on to them.

    Enter it before a run starts; `on_run` can be passed to any action that starts runs.
    """

    def __init__(self, context: CommandContext) -> None:
        self._context = context
        self._shows = sys.stderr.isatty()
        self._threads: list[threading.Thread] = []
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self._exits.enter_context(interrupts.watched())
        return self

    def __exit__(self, *_: object) -> None:
        with self._exits:
            for thread in self._threads:
                thread.join()

    def on_run(self, live: LiveRun, name: str) -> None:
        """Follow this run until it ends, in a new thread."""
        self._context.note(f"run {live.run_id}: {name}")
        thread = threading.Thread(target=self._follow, args=(live,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def _follow(self, live: LiveRun) -> None:
        seen = 0
        width = 0
        ended = False
        while not ended:
            interrupted = interrupts.count()
            if interrupted > seen:
                seen = interrupted
                self._pass_on(live, interrupted)
            if self._shows:
                line = progress_line(live.progress())[: shutil.get_terminal_size().columns - 1]
                streams.note("\r" + line.ljust(width))
                width = len(line)
            ended = live.ends_within(TICK_S)
        if self._shows:
            streams.note("\r" + " " * width + "\r")
        if interrupts.count() and live.progress().done < live.progress().total:
            interrupts.stopped(live.run_id)

    def _pass_on(self, live: LiveRun, interrupted: int) -> None:
        # Act first, then report it.
        stop: Callable[[], None] = live.stop if interrupted == 1 else live.abort
        stop()
        message = "stopping: calls under way may finish (Ctrl+C again aborts them)"
        self._context.note(message if interrupted == 1 else "aborting")


def progress_line(now: RunProgress) -> str:
    """State, done of total, share, time left, score, cost and errors, in one line."""
    state = "stopping" if now.stopping else "running"
    if now.retry_in_s and now.retry_in_s >= _WORTH_SAYING_S and not now.stopping:
        state = f"waiting {_time(now.retry_in_s)}"
    size = len(str(now.total))
    parts = [
        state,
        f"{now.done:>{size}}/{now.total}",
        numbers.share(now.done, now.total),
        f"left {numbers.clock(now.eta_s)}",
    ]
    if now.score is not None:
        parts.append(f"score {numbers.score(now.score)}")
    if now.errors:
        parts.append(numbers.plural(now.errors, "error"))
    if now.cached:
        parts.append(f"{now.cached} cached")
    if now.cost_usd:
        parts.append(numbers.money(now.cost_usd))
    return safe_line("  ".join(parts))


def _time(seconds: float) -> str:
    return f"{math.ceil(seconds)} s" if seconds <= 60 else numbers.clock(seconds)
