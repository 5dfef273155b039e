"""What does not survive on the way to another format, or from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loss:
    """One thing that the other side cannot hold, and what stands there for it."""

    what: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.what} ({self.instead})" if self.instead else self.what
