"""What an answer counts as that the model itself spoilt."""

from __future__ import annotations

import enum


class FaultScore(enum.StrEnum):
    """What an answer counts as that the model itself spoilt."""

    WRONG = "wrong"
    """0."""
    MISSING = "missing"
    """No score."""
    SCORED = "scored"
    """What the scorer makes of its text."""
