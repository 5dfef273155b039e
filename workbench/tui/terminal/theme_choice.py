"""Which theme somebody kept, in the state folder. Standard library only: it is read at once."""

from __future__ import annotations

from pathlib import Path

from workbench.files import write_atomically

FILE = "theme"
_MOST = 100


def kept(state: Path) -> str:
    """The name of the theme, "" when nobody kept one or it cannot be read."""
    try:
        return (state / FILE).read_text("utf-8")[:_MOST].strip()
    except (OSError, UnicodeDecodeError):
        return ""


def keep(state: Path, name: str) -> None:
    """Open with this theme from now on; "" for the one of the settings or the terminal.

    Raises UsageError where it cannot be written.
    """
    write_atomically(state / FILE, f"{name}\n")
