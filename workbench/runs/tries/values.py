"""A try: one prompt, one case, one answer."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and where it comes from."""

    prompt: Prompt
    label: str
    """`draft`, `@variant` or a version."""
    case: Case
    suite: str = ""
    """The suite that has the case; empty: it was typed."""
    draft: str | None = None
    """The text of the draft as it was edited; None: a version, or unknown."""
    start: str = ""
    """How its inputs begin, for lists."""


@dataclass(frozen=True, slots=True)
class TryRow:
    """A try as a list shows it. Time in seconds, cost in US dollars, None = unknown."""

    id: int
    tried_at: str
    """ISO 8601, UTC."""
    tried_by: str
    prompt_id: str
    label: str
    fingerprint: str
    """The prompt's."""
    provider: str
    model: str
    """The model that was asked, under its provider's name."""
    suite: str
    case_id: str
    starred: bool
    became: str
    """`suite/case id` of the case that was made of it; empty: none."""
    question_start: str
    answer_start: str
    outcome: Outcome
    latency_s: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Try:
    """All of a try."""

    row: TryRow
    prompt: Prompt
    draft: str | None
    case: Case
    answer: Answer
