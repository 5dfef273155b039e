"""A program in a real pseudo-terminal: keys in, bytes out."""

from __future__ import annotations

import codecs
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

KEYS = {
    "enter": b"\r",
    # As terminals with the Kitty protocol send it: a lone ESC is told from alt by the clock alone,
    # and a busy machine reads it together with the key that follows.
    "escape": b"\x1b[27u",
    "tab": b"\t",
    "space": b" ",
    "ctrl+p": b"\x10",
    "ctrl+q": b"\x11",
    "ctrl+s": b"\x13",
    "ctrl+o": b"\x0f",
    "f1": b"\x1bOP",
    "f2": b"\x1bOQ",
    "f3": b"\x1bOR",
    "f5": b"\x1b[15~",
    "f8": b"\x1b[19~",
    "f9": b"\x1b[20~",
}

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?"
    r"|[ -/]*[0-~])"
)


class Terminal:
    """Starts `argv` in a terminal of `columns` by `rows`; everything it writes is in `seen`."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], *, columns: int = 120, rows: int = 40
    ) -> None:
        self.seen = b""
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            # As a shell in a terminal would: who runs in the background, or by nohup, ignores them.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            told = {name: value for name, value in env.items() if name not in ("COLUMNS", "LINES")}
            os.execvpe(argv[0], list(argv), told)
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, size)

    def read(self, *, quiet_s: float = 0.4, most_s: float = 20.0) -> bytes:
        """What it writes until it is quiet for a while."""
        start, deadline = len(self.seen), time.monotonic() + most_s
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.handle], [], [], quiet_s)
            if not ready:
                break
            try:
                piece = os.read(self.handle, 65536)
            except OSError:
                break
            if not piece:
                break
            self.seen += piece
        return self.seen[start:]

    def wait_for(self, text: str, *, start: int = 0, most_s: float = 60.0) -> None:
        """Until `text` was written after byte `start`; fails with the end of what was."""
        wanted, deadline = text.encode(), time.monotonic() + most_s
        while wanted not in self.seen[start:]:
            self.read(quiet_s=0.1, most_s=1.0)
            if time.monotonic() > deadline:
                raise AssertionError(f"{text!r} never came: ...{self.seen[-2000:]!r}")

    def press_until(self, key: str, text: str) -> None:
        """Send a key and wait for what it brings."""
        start = len(self.seen)
        os.write(self.handle, KEYS.get(key, key.encode()))
        self.wait_for(text, start=start)
        self.read(quiet_s=0.15)

    def press(self, *keys: str, quiet_s: float = 0.15) -> bytes:
        """Send keys one by one; gives what came back."""
        shown = b""
        for key in keys:
            os.write(self.handle, KEYS.get(key, key.encode()))
            shown += self.read(quiet_s=quiet_s)
        return shown

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self.read(quiet_s=0.2, most_s=3.0)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.handle)


def whole_text(seen: bytes) -> str:
    """What a program wrote, without the character or sequence that it was about to write: it may
    be read, or ended, in the middle of one.
    """
    text = codecs.getincrementaldecoder("utf-8")().decode(seen)
    return re.sub(r"\x1b(?:\[[0-?]*[ -/]*)?\Z", "", text)


def escapes(text: str) -> list[str]:
    """Every escape sequence in what a program wrote."""
    return _ESCAPES.findall(text)


def bare(text: str) -> str:
    """What is left without escape sequences."""
    return _ESCAPES.sub("", text)
