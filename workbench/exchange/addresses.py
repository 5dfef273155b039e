"""Addresses as they may be shown."""

from __future__ import annotations

import re

from workbench.key_shapes import HIDDEN

_PASSWORD = re.compile(r"(\w://[^\s:/?#@]*):[^\s/]*@")
_TOKEN = re.compile(r"(\bhttps?://)[^\s:/?#@]+@", re.IGNORECASE)
"""A user without a password, which a token is written as."""


def without_passwords(text: str) -> str:
    """A text with the passwords and tokens in its addresses hidden, and nothing else."""
    return _TOKEN.sub(rf"\1{HIDDEN}@", _PASSWORD.sub(rf"\1:{HIDDEN}@", text))


def shown_address(uri: str) -> str:
    """An address, or a path, without its password and its query, which may hold a key."""
    return without_passwords(uri.partition("?")[0] if "://" in uri else uri)
