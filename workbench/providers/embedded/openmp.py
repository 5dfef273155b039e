"""The OpenMP library that llama.cpp is linked to, where the system does not bring it."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

LIBRARY = "libgomp.so.1"
_BROUGHT_IN = Path("cmeel.prefix", "lib")
"""Where the `cmeel-libomp` package has LLVM's libomp, under that name and with GCC's versions."""


def missing_library_folder() -> str:
    """The folder for LD_LIBRARY_PATH without which llama.cpp does not load.

    Empty where the system has the library: speeds were measured with the system's.
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
