"""When a score reaches a cut."""

from __future__ import annotations

import math


def reaches(value: float, cut: float) -> bool:
    """Whether a score is at least the cut as both are written: weights of 0.7 and 0.1 reach 0.8,
    which their sum in binary does not. Only 1 itself reaches 1.
    """
    return value >= cut or (cut < 1 and math.isclose(value, cut, rel_tol=1e-12))
