"""How many examples a property is tried with: in `make test` a quarter of them."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.internal.conjecture import providers

_FEW = "few"


def use_few() -> None:
    """A quarter for the properties that say no count of their own, and for `examples`."""
    full = settings()
    settings.register_profile(_FEW, parent=full, max_examples=full.max_examples // 4)
    settings.load_profile(_FEW)
    # Hypothesis reads the constants out of every module of the program, in every worker: seconds,
    # for values that a quarter of the examples seldom holds.
    providers._get_local_constants = lambda: providers._local_constants


def examples(count: int) -> int:
    """A property's own count: `@settings(max_examples=examples(200))`."""
    return max(5, count // 4) if settings.get_current_profile_name() == _FEW else count
