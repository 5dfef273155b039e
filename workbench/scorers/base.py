"""What a scorer is: a small function with options, and a fingerprint."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.datasets.values import Case
from workbench.fingerprints import fingerprint
from workbench.providers.base import Answer, Outcome
from workbench.scorers.expected import Reading


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in [0, 1], or None when it is missing; `reason` says why, in one line."""

    value: float | None
    reason: str = ""


class FaultScore(enum.StrEnum):
    """What an answer counts as that the model itself spoilt."""

    WRONG = "wrong"
    """0."""
    MISSING = "missing"
    """No score."""
    SCORED = "scored"
    """What the scorer makes of its text."""


_BLANKS = ("", " ", "\n")
_REASONS = {Outcome.EMPTY: "the answer is empty"}

ScoreFunction = Callable[[Answer, Case, Mapping[str, Any]], Score]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of scorer: its function, and its options with their defaults."""

    name: str
    summary: str
    score: ScoreFunction
    options: Mapping[str, Any] = field(default_factory=dict)
    """Name to default; the type of the default is the type of the option."""
    revision: int = 1
    """Goes up when the same options would give other scores."""
    reads: Reading | None = None
    """How it reads what a case expects; None: it needs nothing of the kind."""
    check: Callable[[Mapping[str, Any]], str] = field(default=lambda _options: "")
    """A sentence about what is wrong with the options, or nothing."""
    takes_empty: Callable[[Case, Mapping[str, Any]], bool] = field(default=lambda *_: False)
    """Whether it judges an empty answer, too: it looks at no text, or the empty one is wanted."""


@dataclass(frozen=True)
class Scorer:
    """A kind with its options set, as a suite names it."""

    kind: Kind
    options: Mapping[str, Any] = field(default_factory=dict)
    required: bool = True
    """A scorer that is not required is shown and never gates."""
    faults: Mapping[Outcome, FaultScore] = field(default_factory=dict)
    """What is said of the model's own faults; of the others: WRONG."""

    @property
    def name(self) -> str:
        return self.kind.name

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of kind, revision, options, and of the faults that are not wrong."""
        content: list[Any] = [self.kind.name, self.kind.revision, dict(self.options)]
        faults = {
            fault.value: counts.value
            for fault, counts in self.faults.items()
            if counts is not FaultScore.WRONG
        }
        return fingerprint([*content, faults] if faults else content)

    def lacks(self, case: Case) -> str:
        """Why this scorer cannot judge the case, or nothing."""
        return self.kind.reads.lacks(case) if self.kind.reads else ""

    def score(self, answer: Answer, case: Case) -> Score:
        """The score of one answer; an answer that is an error has none.

        What the model itself did wrong (nothing, refused, cut short, filtered, a tool call
        instead of text) scores 0, unless `faults` says otherwise.
        """
        outcome = answer.outcome
        if outcome.is_error:
            return Score(None, answer.error or outcome.value)
        counts = self._counts(outcome, case) if outcome.is_models_fault else FaultScore.SCORED
        if counts is not FaultScore.SCORED:
            wrong = 0.0 if counts is FaultScore.WRONG else None
            return Score(wrong, _REASONS.get(outcome, outcome.value))
        lacking = self.lacks(case)
        if lacking:
            return Score(None, lacking)
        return self.kind.score(answer, case, self.options)

    def _counts(self, fault: Outcome, case: Case) -> FaultScore:
        takes = fault is Outcome.EMPTY and self.kind.takes_empty(case, self.options)
        if takes or (fault is Outcome.EMPTY and self.lacks(case)):
            return FaultScore.SCORED  # which is missing where the case lacks what it needs
        return self.faults.get(fault, FaultScore.WRONG)

    def credited_empty(self, case: Case) -> bool:
        """Whether 0.1.0, which scored empty answers like others, gave one more than it gets now."""
        if self._counts(Outcome.EMPTY, case) is FaultScore.SCORED:
            return False
        scores = (self.kind.score(Answer(Outcome.OK, b), case, self.options) for b in _BLANKS)
        return any(score.value for score in scores)
