"""Keys and late answers of the terminal, told apart until no answer can come any more."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from textual import events
from textual.message import Message

from workbench.tui.terminal import delayed_answers
from workbench.tui.terminal.delayed_answers import BackgroundReported, DelayedAnswerDriver
from workbench.tui.terminal.terminal_colour import Replies

LONG_S = 60.0


class Recorded(DelayedAnswerDriver):
    """Reads a pipe instead of a terminal; what it made of it is in `made`."""

    def __init__(self, source: int) -> None:
        self.fileno = source
        self.exit_event = threading.Event()
        self.made: list[Message] = []
        self._debug = False

    def process_message(self, message: Message) -> None:
        self.made.append(message)

    @property
    def keys(self) -> list[str]:
        return [message.key for message in self.made if isinstance(message, events.Key)]


@contextmanager
def sorting(typed: bytes = b"") -> Iterator[SimpleNamespace]:
    """A driver that sorts what is written to `sink`, on a thread of its own."""
    source, sink = os.pipe()
    driver = Recorded(source)
    thread = threading.Thread(target=driver._sort, args=(Replies(), typed), daemon=True)
    thread.start()
    try:
        yield SimpleNamespace(driver=driver, sink=sink, thread=thread)
    finally:
        os.close(sink)
        thread.join(LONG_S)
        os.close(source)
        assert not thread.is_alive()


@pytest.mark.parametrize("keys", [b"\x1b", b"jk\x1b"])
def test_an_escape_as_the_last_key_of_the_first_while_is_not_lost(
    monkeypatch: pytest.MonkeyPatch, keys: bytes
) -> None:
    monkeypatch.setattr(delayed_answers, "LATE_S", 0.0)
    with sorting(keys[:-1]) as at:
        os.write(at.sink, keys[-1:])
        at.thread.join(LONG_S)
        assert not at.thread.is_alive()
        assert at.driver.keys[-1] == "escape"


def test_a_closed_terminal_is_left_at_once() -> None:
    with sorting(b"j") as at:
        pass
    assert at.driver.keys == ["j"]


def test_a_late_answer_is_posted_and_ends_the_sorting() -> None:
    with sorting() as at:
        os.write(at.sink, b"k\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62;22c")
        at.thread.join(LONG_S)
        assert not at.thread.is_alive()
        assert at.driver.keys == ["k"]
        [told] = [one for one in at.driver.made if isinstance(one, BackgroundReported)]
        assert told.light
