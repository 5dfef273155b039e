"""Ctrl+C during runs: once stops issuing calls, twice aborts them.

The handler only counts; the thread that follows a run polls the count and acts.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_state = {"count": 0}
_runs: list[str] = []


def count() -> int:
    """How often the user pressed Ctrl+C."""
    return _state["count"]


def run_id() -> str:
    """Id of the run that was stopped and can be resumed; empty if there is none."""
    return _runs[-1] if _runs and count() else ""


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Inside, count interrupts instead of raising KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, _counted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Inside, raise KeyboardInterrupt again: there is no run to stop in order."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stopped(identity: str) -> None:
    """Record a run that did not complete."""
    _runs.append(identity)


def _counted(number: int, frame: FrameType | None) -> None:
    del number, frame
    _state["count"] += 1
