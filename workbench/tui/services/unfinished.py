"""What was typed into a dialog that is not finished, so that no end of the program loses it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.files import write_atomically

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

FOLDER = "unfinished"


class Unfinished:
    """A JSON object in `.workbench/unfinished/NAME.json`, written behind the user's back."""

    def __init__(self, app: AppContext, name: str) -> None:
        self._app = app
        self._path = app.workspace.state / FOLDER / f"{name}.json"
        self._kept: Mapping[str, Any] = {}

    def load(self) -> dict[str, Any]:
        """What was kept; empty where there is nothing that can be read."""
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def keep(self, content: Mapping[str, Any]) -> None:
        """Write it soon, in the thread that writes drafts; an end of the program waits for it."""
        if content == self._kept:
            return
        self._kept = dict(content)
        text = json.dumps(self._kept, ensure_ascii=True)
        self._app.workspace.make_state()
        self._app.file_worker.submit(lambda: write_atomically(self._path, text), self._written)

    def forget(self) -> None:
        """It is finished."""
        self._kept = {}
        self._app.file_worker.submit(lambda: _remove(self._path), self._written)

    def _written(self, done: Future[Any]) -> None:
        error = done.exception()
        if isinstance(error, WorkbenchError):
            self._app.tell(f"what you type here is not kept: {error}", error=True)
        elif error is not None:
            raise error


def _remove(path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
