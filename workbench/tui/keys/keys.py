"""From the table of keys: bindings of a scope, checks of [keys], keys as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

from workbench.errors import SettingsError
from workbench.suggestions import did_you_mean
from workbench.tui.keys.key_row import ALWAYS as ALWAYS
from workbench.tui.keys.key_row import Action as Action
from workbench.tui.keys.key_table import ACTIONS as ACTIONS
from workbench.tui.terminal.textual_private import bindings_of, character_to_key

HELP = "app.help"

DEAD = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+left_square_bracket": "escape",
    "ctrl+[": "escape",
    "alt+enter": "enter",
    "ctrl+enter": "enter",
    "f10": "the terminal's own menu",
    "f11": "the terminal's own full screen",
}
"""Keys that most terminals do not send, and what arrives in their place."""


def actions(where: str) -> tuple[Action, ...]:
    """The rows of one scope, in the order of the table."""
    return tuple(action for action in ACTIONS if action.where == where)


def bindings(where: str) -> list[BindingType]:
    """Textual bindings of one scope, remappable by their ids."""
    return [
        Binding(
            action.keys,
            action.action,
            action.label,
            id=action.id,
            show=False,
            priority=action.priority,
        )
        for action in actions(where)
        if action.keys
    ]


def help_bindings() -> list[BindingType]:
    """The help key of a screen that covers others: the app's bindings do not reach it."""
    return [row for row in bindings("app") if isinstance(row, Binding) and row.id == HELP]


def bind_keyless(node: DOMNode, where: str, keymap: Mapping[str, str]) -> None:
    """Bind the actions that have no key of their own and were given one in [keys]."""
    for action in actions(where):
        if not action.keys and action.id in keymap:
            bindings_of(node).bind(keymap[action.id], action.action, action.label, show=False)


def keys_of(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys that call it, given what [keys] says."""
    return split(keymap.get(action.id, action.keys))


def shown_key(action_id: str, keymap: Mapping[str, str]) -> str:
    """The first key of an action as people write it; empty: it has none."""
    action = by_id(action_id)
    called_by = keys_of(action, keymap) if action else ()
    return display(called_by[0]) if called_by else ""


def by_id(action_id: str) -> Action | None:
    """The row of that id, if there is one."""
    return next((action for action in ACTIONS if action.id == action_id), None)


def check_keymap(keymap: Mapping[str, str]) -> None:
    """Raises SettingsError for an unknown id, a key that never arrives, or two actions that would
    answer to one key in the same place.
    """
    for action_id, keys in keymap.items():
        action = by_id(action_id)
        if action is None:
            hint = did_you_mean(action_id, [action.id for action in ACTIONS])
            raise SettingsError(f"[keys]: no action {action_id!r}", hint=hint)
        for key in split(keys):
            if key in DEAD:
                raise SettingsError(
                    f"[keys] {action_id}: terminals do not send {key}, but {DEAD[key]}",
                    hint="choose another key",
                )
            other = _holder(key, action, keymap)
            if other:
                raise SettingsError(
                    f"[keys] {action_id}: {key} is {other.id} already", hint=f"move {other.id} too"
                )


def split(keys: str) -> tuple[str, ...]:
    """The single keys of a comma-separated list, under Textual's names."""
    return tuple(_named(key.strip()) for key in keys.split(",") if key.strip())


def display(key: str) -> str:
    """A key as people write it: ^p, F1, ?, D."""
    *modifiers, name = key.split("+")
    if name in _PRINTED:
        name = _PRINTED[name]
    elif name.startswith("f") and name[1:].isdigit():
        name = name.upper()
    else:
        name = _SHORT.get(name, name)
    prefix = "".join("^" if modifier == "ctrl" else f"{modifier}-" for modifier in modifiers)
    return prefix + name


_PRINTED = {character_to_key(chr(code)): chr(code) for code in range(0x21, 0x7F)}
_SHORT = {"escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}


def _named(key: str) -> str:
    return character_to_key(key) if len(key) == 1 else key


def _holder(key: str, action: Action, keymap: Mapping[str, str]) -> Action | None:
    for other in ACTIONS:
        if other.id == action.id or not _meet(action.where, other.where):
            continue
        if key in split(keymap.get(other.id, other.keys)):
            return other
    return None


def _meet(a: str, b: str) -> bool:
    """Whether two scopes can be active at once."""
    if a in _FOCUSED and b in _FOCUSED:
        return a == b or "text" not in (a, b)
    return a == b or bool({"app", "diff", *_FOCUSED} & {a, b})


_FOCUSED = {"list", "table", "columns", "text"}
"""Scopes of panes: one text or one list has the focus, on whichever screen."""


def table(rows: Iterable[Action] = ACTIONS) -> list[tuple[str, str, str, str]]:
    """(id, keys, label, help) of each row, for printing."""
    return [
        (row.id, " ".join(display(key) for key in split(row.keys)), row.label, row.help)
        for row in rows
    ]
