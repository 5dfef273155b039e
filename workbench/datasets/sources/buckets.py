"""Opens places that fsspec knows, such as buckets."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from workbench.errors import ExtraMissing

INSTALL = "pip install 'prompt-workbench[targets]'"
S3 = ("s3", "s3a")


def filesystem(uri: str, options: Mapping[str, Any]) -> tuple[Any, str]:
    """The file system of a uri with a scheme, and the path in it.

    Raises ExtraMissing; ValueError or TypeError for a scheme or options that fsspec does not take.
    """
    scheme = uri.partition("://")[0]
    try:
        fsspec = importlib.import_module("fsspec")
        system, root = fsspec.core.url_to_fs(uri, **options)
    except ModuleNotFoundError as error:
        raise ExtraMissing(f"{scheme}:// needs {error.name}", hint=INSTALL) from error
    except ImportError as error:
        message = " ".join(str(error).split())
        raise ExtraMissing(f"{scheme}://: {message}", hint=INSTALL) from error
    return system, str(root)
