"""Shutdown on request, on a signal or on a crash, and what to do with late events."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.text import Text

from workbench._version import __version__
from workbench.present.safe_text import safe_text
from workbench.tui.context.app_context import AppContext
from workbench.tui.services.unfinished import unwritten_words

_SIGNALS = ("SIGTERM", "SIGHUP")


class ShutdownApp(AppContext):
    """An app that saves before every kind of shutdown; late events cannot crash it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.before_exit: list[Callable[[], str]] = []
        """Called before the app ends, however it ends; each returns what could not be saved."""
        self.unwritten: dict[Path, str] = {}
        self._own_loop: asyncio.AbstractEventLoop | None = None
        self._own_context = contextvars.Context()

    def on_mount(self) -> None:
        self._own_loop = asyncio.get_running_loop()
        self._own_context = contextvars.copy_context()
        listen(self._own_loop, self.end)

    def end(self, code: int) -> None:
        """Save, restore the terminal and exit."""
        self.settle()
        self.exit(return_code=code)

    def on_exit_app(self) -> None:
        """Called for every exit, a closed browser page included."""
        self.settle()

    def settle(self) -> None:
        """Save unsaved drafts; the app counts as ending from here on."""
        self.print_at_exit(self._saved())
        self.is_ending = True

    def on_loop(self, fn: Callable[[], None]) -> None:
        """Schedule `fn` on the event loop from another thread; dropped if the app is ending."""

        def call() -> None:
            if not self.is_ending:
                fn()

        if self._own_loop is not None:
            # The loop may be closed already.
            with contextlib.suppress(RuntimeError):
                # In the app's context: timers created there look up the active app.
                self._own_loop.call_soon_threadsafe(call, context=self._own_context)

    def crash_lines(self) -> Iterable[Text]:
        return [crash_report(), *self._saved()]

    def _saved(self) -> list[Text]:
        """Save everything; what could not be saved."""
        problems = finish(self.before_exit)
        words, self.unwritten = unwritten_words(self.unwritten), {}
        return [*problems, Text(safe_text(words))] if words else problems


def listen(loop: asyncio.AbstractEventLoop, end: Callable[[int], None]) -> None:
    """Call `end(128 + signal)` on SIGTERM, and when the terminal is closed."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, end, 128 + number)
        except (NotImplementedError, RuntimeError, ValueError):
            # Not the main thread, or a loop without signal support.
            return


def finish(savers: Iterable[Callable[[], str]]) -> list[Text]:
    """Call all savers; returns what could not be saved, to be printed after the app exits."""
    problems = []
    for save in savers:
        try:
            problem = save()
        except Exception as error:  # noqa: BLE001 (the end goes on, whatever one of them meets)
            problem = f"a draft was not saved: {type(error).__name__}: {error}"
        if problem:
            problems.append(Text(f"workbench: {safe_text(problem)}"))
    return problems


def crash_report() -> Text:
    """The current exception without local variables, safe for the terminal."""
    lines = [
        "workbench ran into a bug. Drafts and results up to now are saved.",
        "",
        *traceback.format_exc(limit=-12).splitlines(),
        "",
        f"workbench {__version__}, Python {sys.version.split()[0]}",
    ]
    return Text(safe_text("\n".join(lines)))
