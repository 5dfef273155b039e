"""Every private name of Textual that this program uses, in one place; those of its text areas,
which the first screen does without, stand in `textual_private_area.py`.

Checked against Textual 8.2.8. With a new version read each of them again; a test compares the
version, and another looks for private names elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from rich.text import Text
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.driver import Driver
from textual.geometry import Size
from textual.keys import _character_to_key as character_to_key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.drivers.linux_driver import LinuxDriver

CHECKED_AGAINST = "8.2.8"

__all__ = [
    "CHECKED_AGAINST",
    "FilteredBindings",
    "GuardedApp",
    "app_of",
    "binding_chain",
    "bindings_of",
    "character_to_key",
    "is_stopped",
    "keymap_of",
    "parent_of",
    "parser_of",
    "scrolls_over",
    "styled_as_mounted",
    "write_to",
]

T = TypeVar("T")


def bindings_of(node: DOMNode) -> BindingsMap:
    """The bindings of the node itself."""
    return node._bindings


def binding_chain(screen: Screen[object]) -> list[tuple[DOMNode, BindingsMap]]:
    """The nodes whose bindings a key is looked up in, from the focused one outward: with the keymap
    applied, and without keys that a field takes as text.
    """
    return screen._binding_chain


def is_stopped(message: Message) -> bool:
    """Whether `stop` was called on the message."""
    return message._stop_propagation


def keymap_of(app: App[Any]) -> Mapping[str, str]:
    """Binding ids to the keys that `App.set_keymap` gave them."""
    return app._keymap


def parent_of(node: MessagePump) -> MessagePump | None:
    return node._parent


def app_of(driver: Driver) -> App[object]:
    return driver._app


def parser_of(driver: Driver) -> XTermParser:
    """A new parser of what the terminal sends, as the driver makes its own."""
    return XTermParser(driver._debug)


def write_to(driver: LinuxDriver, wrap: Callable[[TextIO], Any]) -> None:
    """Let the driver write to its file as `wrap` returns it."""
    assert driver._file is not None
    driver._file = wrap(driver._file)


def styled_as_mounted(screen: Screen[Any]) -> None:
    """Say of a new screen that its styles are those of now: its widgets get them as they are
    mounted. Textual would read all CSS twice more, and lay out the screen before again.
    """
    screen._css_update_count = screen.app._css_update_count


def scrolls_over(view: ScrollView, size: Size) -> None:
    """Set the size of what the view scrolls over.

    `virtual_size` would lay out the whole screen again, which costs more than most keys; only a
    view that is as large as its content needs that.
    """
    if view.styles.auto_dimensions:
        view.virtual_size = size
    elif size != view.virtual_size:
        view.set_reactive(Widget.virtual_size, size)
        view._scroll_update(size)


class FilteredBindings(ModalScreen[T]):
    """A screen on which some keys are bound to nothing."""

    def drops_key(self, key: str) -> bool:
        """Whether the key does nothing here, whatever it is bound to."""
        del key
        return False

    @property
    def _binding_chain(self) -> list[tuple[DOMNode, BindingsMap]]:
        chain = super()._binding_chain
        for _, bindings in chain:
            for key in filter(self.drops_key, list(bindings.key_to_bindings)):
                del bindings.key_to_bindings[key]
        return chain


class GuardedApp(App[int]):
    """An app that controls what happens when it ends."""

    is_ending = False
    """True once the app is ending: later events are dropped."""

    def print_at_exit(self, lines: Iterable[Text]) -> None:
        """Print these once the terminal is restored."""
        self._exit_renderables += lines

    def crash_lines(self) -> Iterable[Text]:
        """What is printed of the exception being handled."""
        return ()

    async def _shutdown(self) -> None:
        self.is_ending = True
        await super()._shutdown()

    def _handle_exception(self, error: Exception) -> None:
        """Exceptions after the shutdown began are ignored: drafts are saved, runs aborted."""
        if not self.is_ending:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual's own prints local variables: keys and customers' texts."""
        self.print_at_exit(self.crash_lines())
        self.is_ending = True
        self._close_messages_no_wait()
