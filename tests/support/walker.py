"""A person at a terminal: presses keys, reads the screen, and is told how many keys it took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.grid import Grid
from tests.support.terminal import Terminal

_KEYS = {
    "enter": "\r",
    # As terminals with the Kitty protocol send it: a lone ESC is told from alt by the clock alone.
    "escape": "\x1b[27u",
    "tab": "\t",
    "backtab": "\x1b[Z",
    "space": " ",
    "backspace": "\x7f",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "f3": "\x1bOR",
    "f5": "\x1b[15~",
    "f9": "\x1b[20~",
}


def _sent(key: str) -> str:
    if key.startswith("ctrl+"):
        return chr(ord(key[-1]) - ord("a") + 1)
    return _KEYS.get(key, key)


class Walker(Terminal):
    """`screen` is what stands there; `count` what was pressed, a paste counting as one key."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        size: tuple[int, int],
        environ: Mapping[str, str],
    ) -> None:
        super().__init__(command, cwd=str(cwd), size=size, environ=environ)
        self.count = 0
        self._grid = Grid(*size)
        self._fed = 0

    @property
    def screen(self) -> str:
        self._grid.feed(self.output[self._fed :])
        self._fed = len(self.output)
        return self._grid.text

    def press(self, *keys: str) -> None:
        """Press keys one after the other; `words` are pressed letter by letter by `type`."""
        for key in keys:
            self.count += 1
            self.send(_sent(key))

    def type(self, text: str) -> None:
        self.press(*text)

    def paste(self, text: str) -> None:
        self.count += 1
        super().paste(text)

    def sees(self, *texts: str, seconds: float = 90.0) -> str:
        """Read until all of these stand on the screen at once, wrapped or not; gives the screen."""
        deadline = time.monotonic() + seconds
        while not self._shows(texts):
            if time.monotonic() > deadline or not self._read(0.1):
                missing = [text for text in texts if not self._shows([text])]
                raise AssertionError(f"never shown: {missing}\n{self.screen}")
        return self.screen

    def read_some(self) -> None:
        """Let the program go on for a moment; fails when it has ended."""
        assert self._read(0.1), f"it ended:\n{self.screen}"

    def _shows(self, texts: Sequence[str]) -> bool:
        screen = self.screen
        unwrapped = " ".join(screen.replace("│", " ").split())
        return all(text in screen or text in unwrapped for text in texts)
