"""Which actions can be called right now, and where: for help, palette and jump."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from textual import actions
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from workbench.tui.keys import keys
from workbench.tui.terminal.textual_private import binding_chain, bindings_of, keymap_of

if TYPE_CHECKING:
    from textual.binding import BindingsMap

    from workbench.tui.context.app_context import AppContext


@dataclass(frozen=True, slots=True)
class Command:
    """An action on the node that would do it, and the keys that call it here."""

    action: keys.Action
    node: DOMNode
    keys: tuple[str, ...]

    @property
    def section(self) -> str:
        """This dialog, Here, This screen, or Everywhere."""
        if self.action.where == "app":
            return "Everywhere"
        if self.node.is_modal:
            return "This dialog"
        return "This screen" if isinstance(self.node, Screen) else "Here"

    @property
    def name(self) -> str:
        """`group: Label`, as the palette shows it."""
        return f"{self.action.group}: {self.action.label.rstrip('…')}"

    @property
    def shown_keys(self) -> str:
        return " ".join(keys.display(key) for key in self.keys)


def available(screen: Screen[Any]) -> Iterator[Command]:
    """Commands from the focused widget outward; what cannot run now is left out.

    A key is listed with the action that it calls here: not where a field takes it as text, nor
    where a nearer widget or a dialog binds it.
    """
    bound = list(_bound(screen))
    callers: dict[str, str] = {}
    first = [command for command in reversed(bound) if command.action.priority]
    for command in (*first, *bound):
        for key in command.keys:
            callers.setdefault(key, command.action.id)
    for command in bound:
        here = tuple(key for key in command.keys if callers[key] == command.action.id)
        yield replace(command, keys=here)


def _bound(screen: Screen[Any]) -> Iterator[Command]:
    """What can run, with the keys bound to it on its own node."""
    seen: set[str] = set()
    is_covered = False
    keymap = keymap_of(screen.app)
    # As Textual looks for them: moved by [keys], and without those that a field takes as text.
    for node, bound in binding_chain(screen):
        for where in _scopes(node):
            for action in keys.actions(where):
                if action.id in seen or not _can_run(node, action):
                    continue
                if is_covered and not action.priority:
                    continue
                seen.add(action.id)
                written = keys.keys_of(action, keymap)
                yield Command(action, node, tuple(k for k in written if _calls(bound, k, action)))
        # Below a dialog only priority keys work.
        is_covered = is_covered or node.is_modal


def _calls(bound: BindingsMap, key: str, action: keys.Action) -> bool:
    # What [keys] gave a key that has none of its own is bound without an id.
    return any(
        binding.id == action.id or (not binding.id and binding.action == action.action)
        for binding in bound.key_to_bindings.get(key, ())
    )


def _scopes(node: DOMNode) -> tuple[str, ...]:
    """The scopes of the table whose actions this node has."""
    scopes = {binding.id.split(".")[0] for _, binding in bindings_of(node) if binding.id}
    mode = getattr(node, "MODE", "app" if node is node.app else "")
    return tuple(dict.fromkeys([*([mode] if mode else []), *sorted(scopes)]))


def _can_run(node: DOMNode, action: keys.Action) -> bool:
    _, name, parameters = actions.parse(action.action)
    return node.check_action(name, parameters) is True and hasattr(node, f"action_{name}")


def _for_palette(screen: Screen[Any]) -> Iterator[Command]:
    """Without the moves that only a key makes sense for."""
    return (c for c in available(screen) if c.action.help or c.action.show)


class CommandProvider(Provider):
    """The palette: every command that can run now, with its key beside the name."""

    async def discover(self) -> Hits:
        for command in _for_palette(self.screen):
            yield DiscoveryHit(
                _line(Content(command.name), command),
                self._runner(command),
                text=command.name,
                help=command.action.help or None,
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in _for_palette(self.screen):
            score = matcher.match(command.name)
            if score > 0:
                yield Hit(
                    score,
                    _line(matcher.highlight(command.name), command),
                    self._runner(command),
                    text=command.name,
                    help=command.action.help or None,
                )

        for prompt_id in getattr(self.app, "known_prompts", ()):
            name = f"go to: {prompt_id}"
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._goer(prompt_id), text=name)

    def _goer(self, prompt_id: str) -> Callable[[], None]:
        app = cast("AppContext", self.app)

        def go() -> None:
            app.select(prompt_id=prompt_id, version=None)
            app.switch_mode("prompts")

        return go

    def _runner(self, command: Command) -> Any:
        async def run() -> None:
            await self.app.run_action(command.action.action, command.node)

        return run


def _line(name: Content, command: Command) -> Content:
    if not command.keys:
        return name
    return Content.assemble(name, ("  " + command.shown_keys, "$text-muted"))
