"""The driver for a terminal whose answer about its background is still to come.

Over a slow line it arrives when Textual is reading already, which would take it for keys: `1` for
a screen, `e` for the editor, and the rest would be typed into the draft.
"""

from __future__ import annotations

import os
import selectors
import time
from codecs import getincrementaldecoder
from typing import Protocol, cast

from textual import constants
from textual.message import Message

from workbench.tui.terminal.lost_terminal import TerminalDriver
from workbench.tui.terminal.terminal_colour import NOT_ASKED, Answer, Replies
from workbench.tui.terminal.textual_private import app_of, parser_of

LATE_S = 10.0
"""Seconds in which an answer may still arrive."""
QUIET_S = 1.5 * constants.ESCAPE_DELAY
"""Seconds after which a lone escape starts no sequence."""


class BackgroundReported(Message):
    """The terminal reported its background after the app had started."""

    def __init__(self, *, light: bool) -> None:
        super().__init__()
        self.light = light


class HasTerminal(Protocol):
    """The app, with the terminal's answers from before it started."""

    terminal: Answer


class DelayedAnswerDriver(TerminalDriver):
    """Textual's driver, after an initial phase that separates late answers from keys."""

    def run_input_thread(self) -> None:
        app = cast("HasTerminal", app_of(self))
        answer, app.terminal = app.terminal, NOT_ASKED
        if answer is not NOT_ASKED:
            self._sort(answer.late, answer.typed)
        super().run_input_thread()

    def _sort(self, late: Replies | None, typed: bytes) -> None:
        """Run until the answer arrived or timed out, and no key is pending."""
        parser = parser_of(self)
        decoder = getincrementaldecoder("utf-8")("replace")

        def pass_on(data: bytes) -> None:
            text = decoder.decode(data)
            # The parser takes an empty text as end of input.
            for event in (*(parser.feed(text) if text else ()), *parser.tick()):
                self.process_message(event)

        pass_on(typed)
        until = time.monotonic() + (LATE_S if late else 0.0)
        with selectors.SelectSelector() as ready:
            ready.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                is_quiet = not ready.select(QUIET_S)
                data = b"" if is_quiet else os.read(self.fileno, 4096)
                keys = late.feed(data) if late else data
                pass_on(keys)
                if late and late.is_complete:
                    if late.light is not None:
                        self.process_message(BackgroundReported(light=late.light))
                    late, until = None, 0.0
                # A pending escape may still become alt+key.
                is_idle = is_quiet and not keys
                is_closed = not is_quiet and not data
                if is_closed or (is_idle and time.monotonic() > until):
                    return
