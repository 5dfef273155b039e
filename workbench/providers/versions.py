"""Versions of installed packages, without importing them or importlib.metadata (50 ms)."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path


@lru_cache(maxsize=8)
def installed_version(package: str) -> str:
    """The version in the name of the package's `.dist-info` folder; "unknown" without one.

    Only for packages that are distributed under their import name.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return "unknown"
    folder = Path(spec.origin).parent.parent
    dist_infos = sorted(folder.glob(f"{package}-*.dist-info"))
    return (
        dist_infos[-1].name.removeprefix(f"{package}-").removesuffix(".dist-info")
        if dist_infos
        else "unknown"
    )


def sdk_version() -> str:
    """The version of the openai package."""
    return installed_version("openai")
