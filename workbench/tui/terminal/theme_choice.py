"""The theme that the user chose, in the state folder. Standard library only: read at start."""

from __future__ import annotations

from pathlib import Path

from workbench.files import write_atomically

FILE = "theme"
_MOST = 100


def chosen(state: Path) -> str:
    """The name of the theme, "" if none was chosen or it cannot be read."""
    try:
        return (state / FILE).read_text("utf-8")[:_MOST].strip()
    except (OSError, UnicodeDecodeError):
        return ""


def choose_theme(state: Path, name: str) -> None:
    """Open with this theme from now on; "" for the one of the settings or the terminal.

    Raises UsageError where it cannot be written.
    """
    write_atomically(state / FILE, f"{name}\n")
