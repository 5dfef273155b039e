"""Draft files: created, saved, and checked for external changes."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from workbench.actions.session import Session
from workbench.errors import DraftError
from workbench.files import write_atomically
from workbench.prompts.values import SUFFIX
from workbench.workspace import PROMPTS

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")


def make_draft(session: Session, prompt_id: str, text: str) -> Path:
    """A new draft file with that text. Raises DraftError when it is there."""
    if not _ID.fullmatch(prompt_id):
        raise DraftError(
            f"{prompt_id!r} is no prompt id",
            hint="lower case letters, digits, '.', '_' and '-', 100 at most",
        )
    path = session.workspace.root / PROMPTS / f"{prompt_id}{SUFFIX}"
    if path.exists():
        raise DraftError(f"{path} is there already", hint="e edits it")
    write_atomically(path, text)
    return path


class DraftFile:
    """A draft file and the text last read or written. For one thread at a time."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.known = text
        self.wanted = text
        """The newest text to write."""

    def save(self) -> None:
        """Write it unless another program wrote since. Raises DraftChanged, OSError."""
        text, theirs = self.wanted, self.outside()
        if theirs is not None and theirs != text:
            raise DraftChanged(self.path, theirs)
        if text != self.known or theirs is not None:
            write_atomically(self.path, text)
        self.known = text

    def outside(self) -> str | None:
        """The file's text if it changed; None if not, or if the file is gone."""
        try:
            now = self.path.read_bytes().decode("utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError as error:
            raise DraftError(f"{self.path} is no longer UTF-8", hint="edit it outside") from error
        return now if now != self.known else None


def rescue(folder: Path, path: Path, text: str) -> Path:
    """Write a text that could not be saved into the state folder; returns the path."""
    now = datetime.now().astimezone()
    rescued = folder / "unsaved" / f"{path.stem}-{now:%Y%m%d-%H%M%S}{path.suffix}"
    write_atomically(rescued, text)
    return rescued


class DraftChanged(DraftError):
    """Another program wrote the draft since it was read; `theirs` is what it wrote."""

    def __init__(self, path: Path, theirs: str) -> None:
        super().__init__(f"{path} was changed outside", hint="choose which text stays")
        self.theirs = theirs
