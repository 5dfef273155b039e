"""The numbers in the header of registry.db, in a module of their own: apps check them at each
start.
"""

from __future__ import annotations

APPLICATION_ID = 0x57424E43
"""WBNC: `file registry.db` shows it."""

SCHEMA_VERSION = 8
"""The number of migrations that this program knows. It writes only files of this schema."""

OLDEST_READER = 2
"""The file's `user_version`: the SCHEMA_VERSION of the oldest program that may read it.

A migration that only adds what readers do not query leaves it unchanged, so that apps with an older
release can still read after a newer one has migrated the registry.
"""
LAST_GOOD_SUFFIX = ".live"
"""Suffix of the folder beside the file with the reader's last good answers."""
