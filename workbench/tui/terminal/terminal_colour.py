"""Whether the terminal is light or dark: asked before Textual takes the terminal over.

OSC 11 asks for the background. DA1 follows: every terminal answers it, so one that does not know
OSC 11 causes no delay. The query is sent while Textual is being imported, so the answer is nearly
always there when it is needed. Standard library only.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

QUERY = b"\x1b]11;?\x1b\\\x1b[c"
DEADLINE_S = 0.15
"""Seconds to wait for an answer."""

Colour = tuple[float, float, float]
"""Red, green and blue, each from 0 to 1."""

_ANSWER = re.compile(
    rb"\x1b\]11;(?P<colour>[^\x07\x1b\x9c]{0,64})(?:\x07|\x1b\\|\x9c)|(?P<last>\x1b\[\?[0-9;]{0,64}c)"
)
_BEGUN = re.compile(
    rb"\x1b(?:\](?:1(?:1(?:;[^\x07\x1b\x9c]{0,64}\x1b?)?)?)?|\[(?:\?[0-9;]{0,64})?)?\Z"
)
"""The end of what came may be the beginning of an answer."""
_TYPED = (b"\x1b", b"\x1b[", b"\x1b]", b"\x1b]1")
"""Beginnings that are keys when nothing follows: escape, alt+[, alt+]."""
_COLOUR = re.compile(rb"rgba?:([0-9a-f]{1,4})/([0-9a-f]{1,4})/([0-9a-f]{1,4})(?:/[0-9a-f]{1,4})?")
_PLAIN_TERMS = ("dumb", "vt52", "vt100", "vt102", "vt220")
_SILENT_TERMS = ("linux", "eterm", "cons25", "sun")
"""They do not know OSC 11, and some write it on the screen."""


def is_plain(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is to get no colour: NO_COLOR, or one that has none."""
    return bool(environ.get("NO_COLOR")) or environ.get("TERM", "") in _PLAIN_TERMS


def parse_colour(text: bytes) -> Colour | None:
    """`rgb:ffff/ffff/ffff` with one to four digits a part, or `rgba:`; None for anything else."""
    match = _COLOUR.fullmatch(text.lower())
    if match is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in match.group(1, 2, 3))
    return red, green, blue


def is_light(colour: Colour) -> bool:
    """By the luma of ITU-R BT.601, as most programs that ask decide it."""
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5


class Replies:
    """Takes the terminal's answers out of what comes from it, in whatever pieces it comes."""

    def __init__(self) -> None:
        self.colour: Colour | None = None
        self.is_complete = False
        """The answer to DA1 was there: nothing more will come."""
        self._held = b""

    @property
    def light(self) -> bool | None:
        """None: the terminal did not say, or nothing that can be understood."""
        return None if self.colour is None else is_light(self.colour)

    def feed(self, data: bytes) -> bytes:
        """What of it was typed. `b""` says that nothing came for a while."""
        waited = not data
        data, self._held = self._held + data, b""
        typed = b""
        while not self.is_complete and (answer := _ANSWER.search(data)):
            typed += data[: answer.start()]
            data = data[answer.end() :]
            if answer["last"]:
                self.is_complete = True
            else:
                self.colour = parse_colour(answer["colour"]) or self.colour
        begun = None if self.is_complete else _BEGUN.search(data)
        if begun and not (waited and begun[0] in _TYPED):
            data, self._held = data[: begun.start()], begun[0]
        return typed + data


@dataclass(frozen=True)
class Answer:
    """What the terminal said in time, and what the user typed meanwhile."""

    light: bool | None = None
    typed: bytes = b""
    late: Replies | None = None
    """Not None: the terminal did not answer yet, and may still."""

    @property
    def is_unsorted(self) -> bool:
        """Whether a late answer, or keys typed before it, are still to be told apart."""
        return self.late is not None or bool(self.typed)


NOT_ASKED = Answer()


@contextlib.contextmanager
def asked(theme: str, environ: Mapping[str, str]) -> Iterator[Callable[[], Answer]]:
    """Send the query now; call the yielded function when the answer is needed. The terminal's
    modes are restored after the block.

    Nothing is asked, and NOT_ASKED returned, if the user has chosen a theme or wants no colour,
    or if there is no terminal in the foreground.
    """
    terminal = _terminal() if _is_wanted(theme, environ) else None
    if terminal is None:
        yield lambda: NOT_ASKED
        return
    source, sink = terminal
    question = _Question(source, time.monotonic() + DEADLINE_S)
    with _raw(source), _leaving_in_order():
        with contextlib.suppress(OSError):  # a closed terminal is noticed later
            os.write(sink, QUERY)
        try:
            yield question.answer
        finally:
            # Left unread, the answer would be typed into the shell behind us.
            question.answer()


def _is_wanted(theme: str, environ: Mapping[str, str]) -> bool:
    term = environ.get("TERM", "")
    is_silent = not term or term.startswith(_SILENT_TERMS)
    return theme in ("", "auto") and not is_plain(environ) and not is_silent


def _terminal() -> tuple[int, int] | None:
    """Where to read and to write; None where that is no terminal, or not ours at the moment."""
    try:
        if sys.__stdin__ is None or sys.__stdout__ is None:
            return None
        source, sink = sys.__stdin__.fileno(), sys.__stdout__.fileno()
        if not (os.isatty(source) and os.isatty(sink)):
            return None
        # In the background, setting the terminal up would stop us.
        return (source, sink) if os.tcgetpgrp(source) == os.getpgrp() else None
    except (AttributeError, OSError, ValueError):
        return None  # closed, or a system without process groups


@contextlib.contextmanager
def _raw(source: int) -> Iterator[None]:
    """Keys and answers come at once, unechoed and as they are; ctrl+c still interrupts."""
    import termios

    before = termios.tcgetattr(source)
    changed = [*before[:6], [*before[6]]]
    changed[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.IXOFF)
    changed[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
    try:
        termios.tcsetattr(source, termios.TCSANOW, changed)
        yield
    finally:
        with contextlib.suppress(termios.error):  # a closed terminal needs no restoring
            termios.tcsetattr(source, termios.TCSANOW, before)


@contextlib.contextmanager
def _leaving_in_order() -> Iterator[None]:
    """A signal that would end the process at once ends it by way of `finally` instead."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = {}
    for number in (signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(ValueError):  # not the main thread: then signals go elsewhere
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Question:
    """Asked already; reads until it is answered or the deadline is over."""

    def __init__(self, source: int, deadline: float) -> None:
        self._source = source
        self._deadline = deadline
        self._answer: Answer | None = None

    def answer(self) -> Answer:
        """Always the same answer."""
        if self._answer is None:
            self._answer = self._read()
        return self._answer

    def _read(self) -> Answer:
        replies, typed = Replies(), b""
        while not replies.is_complete:
            left = max(0.0, self._deadline - time.monotonic())
            if not select.select([self._source], [], [], left)[0]:
                break
            try:
                data = os.read(self._source, 4096)
            except OSError:
                break  # the terminal was closed: the next read reports it
            if not data:
                break
            typed += replies.feed(data)
        return Answer(replies.light, typed, None if replies.is_complete else replies)
