"""Installed packages, and the folders that Python imports from without any.

The standard library alone, see source.py.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    import importlib.metadata


@cache
def brought_by() -> Mapping[str, list[str]]:
    """The distributions that bring each top-level name."""
    import importlib.metadata

    return importlib.metadata.packages_distributions()


def is_installed(name: str) -> bool:
    """Whether a module can be imported that has a file."""
    from importlib.machinery import PathFinder

    spec = PathFinder.find_spec(name)
    return spec is not None and spec.origin is not None


def is_editable(installed: importlib.metadata.Distribution) -> bool:
    """Whether its modules are read where they are worked on."""
    import json

    try:
        address = json.loads(installed.read_text("direct_url.json") or "{}")
        return bool(address.get("dir_info", {}).get("editable"))
    except (ValueError, AttributeError):
        return False


def folders_of_packages() -> list[str]:
    """Those of `sys.path` with the standard library or installed packages."""
    return [str(folder) for folder in _absolute() if _holds_packages(folder)]


def folders_of_no_package() -> list[Path]:
    """The others, resolved: PYTHONPATH and editable installs name them. What changes there is in no
    RECORD.
    """
    return [f.resolve() for f in _absolute() if not _holds_packages(f) and f.is_dir()]


def _absolute() -> list[Path]:
    return [Path(entry) for entry in sys.path if entry and Path(entry).is_absolute()]


def _holds_packages(folder: Path) -> bool:
    if folder.name in ("site-packages", "dist-packages"):
        return True
    return _is_standard_library(folder) or any(folder.glob("*.dist-info"))


def _is_standard_library(folder: Path) -> bool:
    import sysconfig

    paths = (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib"))
    archive = f"python{sys.version_info.major}{sys.version_info.minor}.zip"
    return folder.name == archive or any(folder.is_relative_to(path) for path in paths)
