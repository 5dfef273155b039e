"""Keys typed ahead go to the screen that earlier keys have opened.

Textual passes every key at once to the widget focused on arrival. Keys that arrive in one piece,
over a slow line or while a screen is opening, would all go to the old focus: of `/try`, meant for
a filter, `r` would open the run dialog and `y` would confirm it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual import events
from textual.message_pump import MessagePump
from textual.screen import Screen

from workbench.tui.terminal.textual_private import is_stopped, parent_of

if TYPE_CHECKING:
    from textual.app import App

PATIENCE_S = 2.0
"""Seconds after which a slow key no longer delays the next one."""

Typed = events.Key | events.Paste


class KeyQueue:
    """Passes keys one by one to `give`, which handles them as Textual does."""

    def __init__(self, app: App[int], give: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._give = give
        self._held: deque[Typed] = deque()
        self._turn = 0
        self._since: float | None = None
        """When the current key was passed on; None: no key is being handled."""
        self._openings: dict[object, tuple[object, float]] = {}
        """What is being opened and since when, per group."""
        self._waits: Callable[[], Awaitable[None]] | None = None
        """Called when everything that was being opened is there."""

    @property
    def is_idle(self) -> bool:
        """Every key that was taken has been handled, with all that it caused."""
        return self._since is None and not self._held

    async def take(self, event: Typed) -> None:
        """Pass the key on now, or after the effects of earlier keys."""
        self._held.append(event)
        now = time.monotonic()
        if self._since is None and self._is_opening(now):
            self._since, self._waits = now, self._next
        elif self._since is None or now - self._since > PATIENCE_S:
            await self._next()

    def opening(self, group: str = "") -> object:
        """Keys typed from now on are for something that is still being read. Returns the token that
        `opened` takes. A newer one of the same group replaces the older.
        """
        token = object()
        self._openings[group or token] = token, time.monotonic()
        return token

    def opened(self, token: object) -> None:
        """It opened, or never will."""
        self._openings = {of: one for of, one in self._openings.items() if one[0] is not token}
        if self._waits and not self._is_opening(time.monotonic()):
            go_on, self._waits = self._waits, None
            self._after(self._app, self._turn, go_on)

    def _is_opening(self, now: float) -> bool:
        return any(now - begun < PATIENCE_S for _, begun in self._openings.values())

    async def _next(self) -> None:
        self._waits = None
        if not self._held:
            self._since = None
            return
        event = self._held.popleft()
        self._since = time.monotonic()
        self._turn += 1
        turn, target = self._turn, self._app.focused or self._app.screen

        async def has_risen(node: MessagePump) -> bool:
            if node is self._app:
                self._up(target, turn, has_settled)
            # On its way from a screen to the app Textual marks every key as stopped.
            elif is_stopped(event) and not isinstance(node, Screen):
                await self._next()  # the widget has consumed it as text
                return False
            return True

        async def has_settled(node: MessagePump) -> bool:
            if node is not self._app:
                return True
            if self._is_opening(time.monotonic()):
                self._waits = has_opened
            else:
                await has_opened()
            return True

        async def has_opened() -> None:
            # A screen has the focus somewhere once it is made.
            self._after(self._app.screen, turn, is_made)

        async def is_made() -> None:
            self._after(self._app, turn, self._next)

        await self._give(event)
        self._up(target, turn, has_risen if event.is_forwarded else has_settled)

    def _up(
        self, node: MessagePump, turn: int, arrived: Callable[[MessagePump], Awaitable[bool]]
    ) -> None:
        """Call `arrived` at `node` and then at each ancestor while it returns True, up to the app.

        It passes through each message queue, so it runs after the key and the messages it caused.
        """

        async def here() -> None:
            if await arrived(node) and node is not self._app:
                self._up(parent_of(node) or self._app, turn, arrived)

        self._after(node, turn, here)

    def _after(self, node: MessagePump, turn: int, then: Callable[[], Awaitable[None]]) -> None:
        """Call `then` after the messages queued at `node`, unless a later key was passed on."""

        async def call() -> None:
            if turn == self._turn:
                await then()

        # A closing node takes no messages; the app itself closes last.
        if not node.call_later(call) and node is not self._app:
            self._app.call_later(call)
