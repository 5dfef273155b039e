"""The columns that the user hid, per table, stored in the state folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from workbench.files import write_atomically

FILE = "columns.json"


class ColumnChoices:
    """Read when first asked for, written with each choice."""

    def __init__(self, state: Path) -> None:
        self._path = state / FILE
        self._hidden: dict[str, list[str]] | None = None

    def hidden(self, table: str) -> set[str] | None:
        """The keys of that table's hidden columns; None: the user never chose."""
        hidden = self._read().get(table)
        return None if hidden is None else set(hidden)

    def choose(self, table: str, hidden: Iterable[str]) -> None:
        """Remember it. Raises UsageError where it cannot be written."""
        choices = {**self._read(), table: sorted(hidden)}
        self._hidden = choices
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(self._path, json.dumps(choices, indent=1, sort_keys=True) + "\n")

    def _read(self) -> dict[str, list[str]]:
        if self._hidden is None:
            self._hidden = _read(self._path)
        return self._hidden


def _read(path: Path) -> dict[str, list[str]]:
    """The readable entries: a damaged file costs only the choices in it."""
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {
        str(table): [key for key in keys if isinstance(key, str)]
        for table, keys in stored.items()
        if isinstance(keys, list)
    }
