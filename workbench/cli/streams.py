"""stdout and stderr as they are: there, closed, full, or read by nobody any more.

What a command finds out and stores does not depend on who reads it, so writing here raises
nothing: a reader that has gone is no error, and a disk that is full is told at the end, once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TextIO

_problems: list[str] = []


def prepare() -> None:
    """Open what the shell closed, and let any text be written, whatever the locale says.

    A closed descriptor would else be given to the next file, and be written to by others.
    """
    _problems.clear()
    for number, mode in enumerate(("r", "w", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            encoding = (stream.encoding or "").lower().replace("-", "")
            if encoding in ("ascii", "ansi_x3.41968", "us_ascii"):
                stream.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def write(text: str, *, flush: bool = False) -> None:
    """Data, on stdout."""
    problem = _attempt(sys.stdout, text, flush)
    if problem and not isinstance(problem, BrokenPipeError):
        _problems.append(problem.strerror or type(problem).__name__)


def note(text: str) -> None:
    """Narration, on stderr; where it cannot be written, nobody waits for it."""
    _attempt(sys.stderr, text, True)


def finish() -> str:
    """Write what is buffered; why some of the data is lost, or nothing."""
    write("", flush=True)
    return _problems[0] if _problems else ""


def silence() -> None:
    """Nobody reads stdout any more."""
    _silence(sys.stdout)


def _attempt(stream: TextIO, text: str, flush: bool) -> OSError | None:
    try:
        stream.write(text)
        if flush:
            stream.flush()
    except OSError as problem:
        _silence(stream)
        return problem
    except ValueError:
        return OSError(errno.EBADF, "it is closed")
    return None


def _silence(stream: TextIO) -> None:
    """Lead the stream nowhere: what it still holds must not fail again when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
