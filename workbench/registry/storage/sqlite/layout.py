"""The numbers in the header of registry.db. Alone here: apps check them at each start."""

from __future__ import annotations

APPLICATION_ID = 0x57424E43
"""WBNC: `file registry.db` shows it."""

SCHEMA_VERSION = 5
"""How many migrations this program knows. It writes a file of this schema only."""

OLDEST_READER = 2
"""What `user_version` says: the SCHEMA_VERSION of the oldest program that may read the file.

A migration that only adds what readers do not ask for leaves it as it is, so that apps with an
older release go on reading after a newer one has migrated the registry.
"""
LAST_GOOD_SUFFIX = ".live"
"""Of the folder beside the file that keeps what the reader served last."""
