"""The files of a command, and the digest of what runs."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import SettingsError

EXAMPLE = 'options = {command = ["python3", "app.py"]}'


def program_of(command: Sequence[object], folder: Path, where: str) -> list[str]:
    """The command as it is run: the program with its path. Raises SettingsError."""
    texts = [item for item in command if isinstance(item, str) and item and "\0" not in item]
    if not texts or len(texts) != len(command):
        raise SettingsError(f"{where}: options.command is a list of texts", hint=EXAMPLE)
    own = folder / texts[0]
    path = str(own.resolve()) if own.is_file() else shutil.which(texts[0])
    if path is None:
        raise SettingsError(
            f"{where}: there is no program {texts[0]!r}", hint="a name in PATH, or a file beside"
        )
    return [path, *texts[1:]]


def program_digest(command: Sequence[object], folder: Path) -> str:
    """sha256 of the command and of the workspace's files that it names; a program of the system is
    known by its name alone.
    """
    digest = hashlib.sha256()
    for item in map(str, command):
        digest.update(f"{item}\n".encode("utf-8", "surrogatepass"))
        try:
            digest.update(hashlib.sha256((folder / item).read_bytes()).digest())
        except (OSError, ValueError):
            continue  # an argument, or a program of the system
    return digest.hexdigest()
