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
    """No garbage collection in this block: a large import makes no garbage, and a fifth of its
    time goes into looking for some.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
