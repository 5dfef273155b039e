"""The two numbers in the header of registry.db. Alone here: apps check them at each start."""

from __future__ import annotations

APPLICATION_ID = 0x57424E43
"""WBNC: `file registry.db` shows it."""

SCHEMA_VERSION = 2
