"""Versions of installed packages, without importing them or importlib.metadata (50 ms)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=8)
def installed_version(package: str) -> str:
    """The version in the name of the package's `.dist-info` folder; "unknown" if there is none.

    Looks beside the package only, for packages that are distributed under their own name.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return "unknown"
    folder = Path(spec.origin).parent.parent
    found = sorted(folder.glob(f"{package}-*.dist-info"))
    return (
        found[-1].name.removeprefix(f"{package}-").removesuffix(".dist-info")
        if found
        else "unknown"
    )


def sdk_version() -> str:
    """The version of the openai package."""
    return installed_version("openai")
