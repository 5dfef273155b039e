"""Who did it."""

from __future__ import annotations

import getpass
import os

from workbench.errors import RegistryError

_LONGEST = 200


def actor_named(name: str, what: str = "") -> str:
    """A name as the ledger keeps it; empty: the login.

    Raises RegistryError for a name that is required (`what` says for what) and missing, or one
    that is not one line.
    """
    clean = " ".join(name.split())
    if not clean and what:
        raise RegistryError(f"{what} needs a name", hint="say who does it")
    if not clean:
        try:
            clean = getpass.getuser()
        except (KeyError, OSError):
            clean = f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
    if len(clean) > _LONGEST or "\0" in clean:
        raise RegistryError("a name is one line of at most 200 characters", hint="shorten it")
    return clean
