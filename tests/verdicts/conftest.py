from __future__ import annotations

from collections.abc import Callable

import pytest

from workbench.verdicts.values import CasePair

Counted = Callable[..., tuple[CasePair, ...]]


def _counted(wins: int, losses: int, n: int, missing: int = 0) -> tuple[CasePair, ...]:
    """`n` complete pairs with these wins and losses, then pairs without a score of B."""
    return (
        *(CasePair(f"fixed-{i}", (0.0,), (1.0,)) for i in range(wins)),
        *(CasePair(f"broke-{i}", (1.0,), (0.0,)) for i in range(losses)),
        *(CasePair(f"same-{i}", (1.0,), (1.0,)) for i in range(n - wins - losses)),
        *(CasePair(f"gone-{i}", (1.0,), (None,), None, "rate limited") for i in range(missing)),
    )


@pytest.fixture(scope="session")
def counted() -> Counted:
    return _counted
