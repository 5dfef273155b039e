"""The driver for a terminal that may vanish while the program writes to it.

Textual's writer thread (8.2.8) ends at the first failed write. Its queue then fills up, and the
event loop waits for it for ever: neither a signal nor a key ends the program.
"""

from __future__ import annotations

import os
import signal
from typing import Any, TextIO

from textual.drivers.linux_driver import LinuxDriver

from workbench.tui.terminal.textual_private import write_to


class TerminalFile:
    """A terminal's file. After a failed write it drops what is written, and asks the program to
    end as if the terminal had been closed.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_lost = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, text: str) -> int:
        if not self.is_lost:
            try:
                self._file.write(text)
            except (OSError, ValueError):
                self._lose()
        return len(text)

    def flush(self) -> None:
        if not self.is_lost:
            try:
                self._file.flush()
            except (OSError, ValueError):
                self._lose()

    def _lose(self) -> None:
        self.is_lost = True
        os.kill(os.getpid(), signal.SIGHUP)


class TerminalDriver(LinuxDriver):
    """Textual's driver, which survives that its terminal vanishes."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        write_to(self, TerminalFile)
