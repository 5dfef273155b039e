"""How the app ends when it is not asked nicely: signals, and its own bugs."""

from __future__ import annotations

import asyncio
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from rich.text import Text

from workbench._version import __version__
from workbench.present.safe_text import safe_text

_SIGNALS = ("SIGTERM", "SIGHUP")


def listen(loop: asyncio.AbstractEventLoop, end: Callable[[int], None]) -> None:
    """Call `end(128 + signal)` when the process is asked to go, or its terminal is closed."""
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, end, 128 + number)
        except (NotImplementedError, RuntimeError, ValueError):
            # Not the main thread, or a loop without signals: the caller has its own way to end.
            return


def finish(savers: Iterable[Callable[[], str]]) -> list[Text]:
    """Call them all; what they could not save, to be printed when the screen is gone."""
    said = []
    for save in savers:
        try:
            problem = save()
        except Exception as error:  # noqa: BLE001 (the end goes on, whatever one of them meets)
            problem = f"a draft was not saved: {type(error).__name__}: {error}"
        if problem:
            said.append(Text(f"workbench: {safe_text(problem)}"))
    return said


def crash_report() -> Text:
    """The exception being handled, without local variables, safe for the terminal."""
    lines = [
        "workbench met a bug in itself. Drafts and results up to now are saved.",
        "",
        *traceback.format_exc(limit=-12).splitlines(),
        "",
        f"workbench {__version__}, Python {sys.version.split()[0]}",
    ]
    return Text(safe_text("\n".join(lines)))
