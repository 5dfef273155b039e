"""Imports without the weight that a library picks up only because it happens to be installed."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*packages: str) -> Iterator[None]:
    """Imports in this block do not find `packages`, unless they are loaded already.

    sqlite-utils imports pandas and numpy where they are there: half a second and 50 MB.
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
    """No garbage collection in this block, and none later of what was made in it.

    A large import makes no garbage, yet a fifth of its time goes into looking for some, and so
    do 80 ms of each later collection and 100 ms of the program's end.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
