"""One row of the key table.

A row's `where` is a scope: "app" works everywhere, "list" in every list, the name of a mode on
that screen. `show` is its priority in the footer; 0: not shown.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Action:
    """One row: what it does, where, and the keys that call it unless [keys] says otherwise."""

    id: str
    keys: str
    """Comma-separated; empty: the palette only."""
    label: str
    """In the footer and the palette."""
    group: str
    where: str
    action: str
    """Its name on the app, screen or widget of that scope."""
    help: str = ""
    show: int = 0
    priority: bool = False


ALWAYS = 9
"""A `show` that never leaves the footer."""
