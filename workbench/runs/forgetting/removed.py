"""What forgetting a case erased."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Removed:
    """What was erased."""

    runs: set[str] = field(default_factory=set)
    answers: int = 0
    results: int = 0
    inputs: set[str] = field(default_factory=set)
    """The texts of its inputs, to search for elsewhere."""
    outputs: set[str] = field(default_factory=set)
    """Expected and actual answers, errors and notes."""
    providers: set[str] = field(default_factory=set)
    """Identities, as JSON, of the endpoints that received the inputs."""
