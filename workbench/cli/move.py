"""`workbench export`, `workbench import`."""

from __future__ import annotations
