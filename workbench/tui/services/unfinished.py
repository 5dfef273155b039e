"""What was typed into a dialog that is not finished, so that no end of the program loses it."""

from __future__ import annotations

import contextlib
import hashlib
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
_DIGITS = 12
"""Hexadecimal digits of a subject's digest in a file's name."""


class Unfinished:
    """A JSON object in `.workbench/unfinished/NAME.json`, written behind the user's back.

    What the disk does not take is held in memory, and printed when the app ends.
    """

    def __init__(self, app: AppContext, name: str, about: str = "") -> None:
        """`about` is what the text belongs to; other subjects have files of their own."""
        self._app = app
        digest = hashlib.sha256(about.encode()).hexdigest()[:_DIGITS]
        file = f"{name}-{digest}.json" if about else f"{name}.json"
        self._path = app.workspace.state / FOLDER / file
        self._kept: Mapping[str, Any] = {}

    def load(self) -> dict[str, Any]:
        """What was kept; empty where there is nothing that can be read."""
        unwritten = self._app.unwritten.get(self._path)
        try:
            content = json.loads(unwritten or self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def begin(self, content: Mapping[str, Any]) -> None:
        """What the fields hold untouched: not worth a file."""
        self._kept = dict(content)

    def keep(self, content: Mapping[str, Any]) -> None:
        """Write it soon, in the thread that writes drafts; an end of the program waits for it."""
        if content == self._kept:
            return
        self._kept = dict(content)
        text = json.dumps(self._kept, ensure_ascii=True)

        def write() -> None:
            self._app.workspace.make_state()
            write_atomically(self._path, text)

        self._app.file_worker.submit(write, lambda done: self._written(done, text))

    def forget(self) -> None:
        """It is finished."""
        self._kept = {}
        self._app.unwritten.pop(self._path, None)
        self._app.file_worker.submit(lambda: _remove(self._path), lambda done: done.result())

    def _written(self, done: Future[Any], text: str) -> None:
        try:
            done.result()
        except (OSError, WorkbenchError) as error:
            self._app.unwritten[self._path] = text
            self._app.tell(f"what you type here is not kept: {error}", error=True)
        else:
            self._app.unwritten.pop(self._path, None)


def unwritten_words(unwritten: Mapping[Path, str]) -> str:
    """What was typed and is in no file, field by field, to be printed; empty: nothing."""
    lines = []
    for path, text in unwritten.items():
        lines.append(f"{path} could not be written; you had typed:")
        lines += [f"{name}: {value}" for name, value in json.loads(text).items() if value]
    return "\n".join(lines)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
