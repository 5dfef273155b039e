"""Ctrl+C while runs are going: once stops issuing calls, twice aborts them.

The handler only counts; whoever follows a run looks here and acts, in a thread of its own.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_state = {"count": 0}
_runs: list[str] = []


def count() -> int:
    """How often the user asked to stop."""
    return _state["count"]


def run_id() -> str:
    """The run that was stopped and can be resumed, if there is one."""
    return _runs[-1] if _runs and count() else ""


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Count interrupts inside instead of raising KeyboardInterrupt."""
    before = signal.signal(signal.SIGINT, _counted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def unwatched() -> Iterator[None]:
    """Raise KeyboardInterrupt inside again: nothing is going that must be stopped in order."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def stopped(identity: str) -> None:
    """Remember a run that did not come to its end."""
    _runs.append(identity)


def _counted(number: int, frame: FrameType | None) -> None:
    del number, frame
    _state["count"] += 1
