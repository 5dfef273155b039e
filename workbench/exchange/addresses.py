"""Addresses as they may be shown."""

from __future__ import annotations

import os
import re

from workbench.errors import SettingsError
from workbench.key_shapes import HIDDEN
from workbench.settings import FILE_NAME, TargetSettings

_PASSWORD = re.compile(r"(\w://[^\s:/?#@]*):[^\s/]*@")
_TOKEN = re.compile(r"(\bhttps?://)[^\s:/?#@]+@", re.IGNORECASE)
"""A user without a password, which a token is written as."""


def without_passwords(text: str) -> str:
    """A text with the passwords and tokens in its addresses hidden, and nothing else."""
    return _TOKEN.sub(rf"\1{HIDDEN}@", _PASSWORD.sub(rf"\1:{HIDDEN}@", text))


def stated_address(table: TargetSettings, part: str) -> str:
    """Where a table of that part of workbench.toml says that a registry is, itself or by a
    variable. Raises SettingsError for a variable that is not set.
    """
    if not table.uri_env:
        return table.uri
    uri = os.environ.get(table.uri_env, "")
    if not uri:
        raise SettingsError(
            f"the variable {table.uri_env} is not set, and {FILE_NAME} [{part}.{table.name}] "
            "takes its uri from it",
            hint=f"export {table.uri_env}=...",
        )
    return uri


def shown_address(uri: str) -> str:
    """An address, or a path, without its password and its query, which may hold a key."""
    return without_passwords(uri.partition("?")[0] if "://" in uri else uri)
