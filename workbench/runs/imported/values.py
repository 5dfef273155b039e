"""A run that another tool made: its answers, and what that tool said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.prompts.values import Prompt
from workbench.providers.base import Answer


@dataclass(frozen=True, slots=True)
class ImportedAnswer:
    """One answer of one case and repeat."""

    case_id: str
    repeat: int
    answer: Answer
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """What the other tool scored, by the name of an `external` scorer of the suite; in [0, 1]."""


@dataclass(frozen=True, slots=True)
class ImportedRun:
    """A run to be stored with a suite of the same import."""

    prompt: Prompt
    suite: str
    answers: Sequence[ImportedAnswer]
    tool: str
    """Who asked: `inspect`, `OpenAI Evals`."""
    name: str = ""
    """What it is called there."""
    made_at: str = ""
    """When, as the other tool wrote it; empty: not known."""
