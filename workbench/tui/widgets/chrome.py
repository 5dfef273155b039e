"""The three lines that every screen has: modes on top, status and keys at the bottom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from workbench.tui.keys import keys
from workbench.tui.widgets.text import plain

if TYPE_CHECKING:
    from textual.events import Click

MODES = ("prompts", "draft", "run", "compare", "deploys", "datasets")
MAX_ENTRIES = 7
MESSAGE_S = 8.0
"""Seconds that a message stays visible."""
LEAST_NAME = 6
"""A workspace's name is cut to what room there is, but not to less than this."""


class ModeTabs(Widget):
    """`[1 Prompts] 2 Draft ...`: the six modes, the current one marked, and the workspace's name.

    In a narrow row the workspace's name is shortened first, then the other modes' names; their
    numbers stay.
    """

    DEFAULT_CSS = "ModeTabs { height: 1; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--current", "tabs--other"}

    run: reactive[str] = reactive("")
    """Progress of the active run; empty: there is none."""

    def __init__(self, current: str, where: str) -> None:
        super().__init__(id="tabs")
        self._current = current
        self._where = where

    def render(self) -> Content:
        width = self.size.width
        left = self._tabs(short=False)
        if left.cell_length > width:
            left = self._tabs(short=True)
        room = width - left.cell_length - 1
        where = plain(self.run or self._where)
        if room >= LEAST_NAME:
            where = where.truncate(room, ellipsis=True)
        if room >= where.cell_length:
            left = left + Content(" " * (room - where.cell_length)) + where
        return left

    def _tabs(self, *, short: bool) -> Content:
        parts: list[Content] = []
        for number, mode in enumerate(MODES, 1):
            is_current = mode == self._current
            name = f"{number} {mode.capitalize()}" if is_current or not short else f"{number}"
            shown = f"[{name}]" if is_current else f" {name} "
            style = self.get_visual_style(f"tabs--{'current' if is_current else 'other'}")
            parts.append(Content.styled(shown, style).stylize(_on_click(f"app.go('{mode}')")))
        return Content("").join(parts)


class StatusLine(Widget):
    """One line: the latest message, else what to press next."""

    DEFAULT_CSS = "StatusLine { height: auto; min-height: 1; max-height: 3; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--error"}
    hint: reactive[str] = reactive("")
    message: reactive[str] = reactive("", layout=True)
    is_error: reactive[bool] = reactive(False)

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown_at = 0.0

    def tell(self, text: str, *, error: bool) -> None:
        """Show a message."""
        self.message, self.is_error, self._shown_at = text, error, time.monotonic()

    def fade(self, text: str = "") -> None:
        """Clear the message `text` once its time is over; on any news also an error that has been
        visible long enough to be read, as it may no longer be true.
        """
        if self.is_error:
            if text or time.monotonic() - self._shown_at < MESSAGE_S:
                return
        elif not text or text != self.message:
            return
        self.message, self.is_error = "", False

    def watch_hint(self, before: str, hint: str) -> None:
        """A layout costs more than most keys: only when the height may change."""
        if max(cell_len(before), cell_len(hint)) >= self.size.width:
            self.refresh(layout=True)

    def render(self) -> Content:
        if not self.message:
            return plain(f" {self.hint}")
        if self.is_error:
            style = self.get_visual_style("status--error")
            return Content.styled(plain(f" ! {self.message}").plain, style)
        return plain(f" {self.message}")


class KeyFooter(Widget):
    """The keys that matter here. Help and palette never leave; others give way, least first."""

    DEFAULT_CSS = "KeyFooter { height: 1; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"footer--key"}

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._again)

    def _again(self, _screen: object) -> None:
        self.refresh()

    def entries(self) -> list[tuple[str, str]]:
        """(key, label) pairs that fit the width: those of the pane and the screen by how much they
        are used, then those that work everywhere.
        """
        shown: dict[str, tuple[keys.Action, str]] = {}
        for key, active in self.screen.active_bindings.items():
            action = keys.by_id(active.binding.id or "")
            if action and action.show and active.enabled and action.id not in shown:
                shown[action.id] = (action, keys.display(key))
        order = {action.id: index for index, action in enumerate(keys.ACTIONS)}

        def place(entry: tuple[keys.Action, str]) -> tuple[bool, bool, int, int]:
            action, _ = entry
            last = action.show == keys.ALWAYS
            return last, action.where == "app", -action.show, order[action.id]

        chosen = sorted(shown.values(), key=place)
        while chosen and (len(chosen) > MAX_ENTRIES or self._width(chosen) > self.size.width):
            least = min(range(len(chosen)), key=lambda i: (chosen[i][0].show, -i))
            if chosen[least][0].show == keys.ALWAYS:
                break
            del chosen[least]
        return [(key, action.label) for action, key in chosen]

    def render(self) -> Content:
        style = self.get_visual_style("footer--key")
        parts = [Content.assemble(" ", (key, style), f" {label}") for key, label in self.entries()]
        return Content(" ").join(parts)

    @staticmethod
    def _width(chosen: list[tuple[keys.Action, str]]) -> int:
        return sum(cell_len(key) + cell_len(action.label) + 3 for action, key in chosen)

    def on_click(self, event: Click) -> None:
        """A click on an entry does what its key does."""
        x = 0
        for key, label in self.entries():
            x += cell_len(key) + cell_len(label) + 3
            if event.x < x:
                for pressed in self.screen.active_bindings:
                    if keys.display(pressed) == key:
                        self.app.simulate_key(pressed)
                        return
                return


def _on_click(action: str) -> Style:
    return Style.from_meta({"@click": action})
