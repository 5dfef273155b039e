"""Finds the OpenMP library that llama.cpp needs where the system has none."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

LIBRARY = "libgomp.so.1"
_BROUGHT_IN = Path("cmeel.prefix", "lib")
"""Folder of the `cmeel-libomp` package with LLVM's libomp under GCC's name and symbol versions."""


def missing_library_folder() -> str:
    """The folder that LD_LIBRARY_PATH needs so that llama.cpp loads.

    Empty where the system has the library, with which the speeds were measured.
    """
    if sys.platform != "linux" or _system_has_it():
        return ""
    folders = (Path(entry, _BROUGHT_IN) for entry in sys.path)
    return next((str(folder) for folder in folders if (folder / LIBRARY).exists()), "")


def _system_has_it() -> bool:
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        return False
    return True
