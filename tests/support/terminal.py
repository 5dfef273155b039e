"""A program in a pseudo terminal: what it writes, byte by byte, and keys to send."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from types import TracebackType


class Terminal:
    """Starts `command`; `output` grows while you wait for things."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: str,
        size: tuple[int, int] = (80, 24),
        environ: Mapping[str, str] = {},
    ) -> None:
        self.output = b""
        self._code: int | None = None
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            # As a shell in a terminal would: who runs in the background, or by nohup, ignores them.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGHUP, signal.SIG_DFL)
            os.chdir(cwd)
            os.execvpe(command[0], list(command), dict(environ))
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._code is None:
            os.kill(self.pid, signal.SIGKILL)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        self.hang_up()

    def send(self, keys: str | bytes) -> None:
        """Type keys; escape sequences as a terminal sends them."""
        os.write(self._fd, keys.encode() if isinstance(keys, str) else keys)

    def paste(self, text: str) -> None:
        """Insert `text` as one event (bracketed paste): the screen shows all of it or nothing."""
        self.send(f"\x1b[200~{text}\x1b[201~")

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Close the terminal's window."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def wait_for(self, text: str | bytes, *, after: int = 0, seconds: float = 60.0) -> int:
        """Read until `text` was written behind position `after`; gives the position behind it."""
        wanted = text.encode() if isinstance(text, str) else text
        deadline = time.monotonic() + seconds
        while wanted not in self.output[after:]:
            if time.monotonic() > deadline or not self._read(0.1):
                raise AssertionError(f"{text!r} never came; the end: {self.output[-2000:]!r}")
        return self.output.index(wanted, after) + len(wanted)

    def wait_for_end(self, seconds: float = 60.0) -> int:
        """Read until the program ends; its exit code, negative for a signal."""
        deadline = time.monotonic() + seconds
        while self._code is None:
            if time.monotonic() > deadline:
                raise AssertionError(f"it did not end; the end: {self.output[-2000:]!r}")
            if self._fd >= 0:
                self._read(0.05)
            else:
                select.select([], [], [], 0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        while self._fd >= 0 and self._read(0.05, only_if_ready=True):
            pass
        return self._code

    def _read(self, seconds: float, *, only_if_ready: bool = False) -> bool:
        """False when nothing more can come (or, with `only_if_ready`, when nothing came)."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        if not ready:
            return not only_if_ready
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.output += data
        return bool(data)
