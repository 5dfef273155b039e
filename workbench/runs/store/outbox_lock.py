"""One process at a time works on the outbox: two that send the same version would send it twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.errors import UsageError
from workbench.links import open_lock

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: nobody is kept out
    fcntl = None  # type: ignore[assignment]

NAME = "outbox.lock"


@contextmanager
def alone(folder: Path, name: str = NAME) -> Iterator[None]:
    """Waits until no other process is in such a block of the folder. Raises UsageError where the
    lock cannot be made.
    """
    if fcntl is None:
        yield
        return
    path = folder / name
    try:
        handle = open_lock(str(path))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be opened: {error.strerror}", hint="check the folder's permissions"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
