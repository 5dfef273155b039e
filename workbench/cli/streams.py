"""Writing to stdout and stderr, which may be closed, full, or a broken pipe.

A command's work does not depend on its readers, so writing raises nothing: a broken pipe is not an
error, and a full disk is reported once, at the end.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import TextIO

_problems: list[str] = []


def prepare() -> None:
    """Reopen streams that the shell closed, and allow any text in any locale.

    A closed descriptor would otherwise be reused for the next opened file.
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
    """Write data to stdout."""
    problem = _attempt(sys.stdout, text, flush)
    if problem and not isinstance(problem, BrokenPipeError):
        _problems.append(problem.strerror or type(problem).__name__)


def note(text: str) -> None:
    """Write narration to stderr; errors are ignored."""
    _attempt(sys.stderr, text, True)


def finish() -> str:
    """Flush stdout; returns why some data is lost, or empty."""
    write("", flush=True)
    return _problems[0] if _problems else ""


def silence() -> None:
    """Discard further output: the reader of stdout is gone."""
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
    """Redirect the stream to nowhere, so that its buffer does not fail again at exit."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
