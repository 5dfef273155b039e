"""Keeps optional dependencies of libraries from being imported."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Hide `packages` from imports in this block, unless they are already loaded.

    sqlite-utils imports pandas and numpy if they are installed: half a second and 50 MB.
    """
    hidden = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None is what hides it
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


@contextmanager
def uncollected() -> Iterator[None]:
    """Disable garbage collection in this block, and freeze the objects created in it.

    A large import creates no garbage, but collecting takes a fifth of its time, 80 ms of each later
    collection, and 100 ms at exit.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
