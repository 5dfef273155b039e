"""What a scorer is: a small function with options, and a fingerprint."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from workbench.child_process.shared import SharedCode
from workbench.datasets.values import Case
from workbench.fingerprints import fingerprint
from workbench.plugins import Plugin
from workbench.providers.base import Answer, Outcome
from workbench.scorers.expected import Reading
from workbench.typed_options import Option, defaults


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


class ScorerKind(Protocol):
    """A kind of scorer, as a plug-in brings it under an entry point in `workbench.scorers`.

    `Kind` has all of this; a class or object of the plug-in's own may, too.
    """

    @property
    def summary(self) -> str:
        """What gets 1, in one sentence."""

    @property
    def options(self) -> Mapping[str, Option]:
        """The options that a suite may set, by name."""

    @property
    def example(self) -> str:
        """An entry under `scorers` in suite.yaml, in one line: `tone: {formal: true}`."""

    @property
    def revision(self) -> int:
        """Goes up when the same options would give other scores."""

    def check(self, options: Mapping[str, Any], /) -> str:
        """What is wrong with options that each fit their type and range, or nothing."""

    def score(self, answer: Answer, case: Case, options: Mapping[str, Any], /) -> Score:
        """The score of an answer that is a text; the workbench judges errors and empty ones.

        An exception leaves the score missing, and the run is incomplete.
        """


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of scorer: its function, and its options."""

    name: str
    summary: str
    score: ScoreFunction
    options: Mapping[str, Option] = field(default_factory=dict)
    revision: int = 1
    """Goes up when the same options would give other scores."""
    reads: Reading | None = None
    """How it reads what a case expects; None: it needs nothing of the kind."""
    check: Callable[[Mapping[str, Any]], str] = field(default=lambda _options: "")
    """A sentence about what is wrong with the options, or nothing."""
    takes_empty: Callable[[Case, Mapping[str, Any]], bool] = field(default=lambda *_: False)
    """Whether it judges an empty answer, too: it looks at no text, or the empty one is wanted."""
    example: str = ""
    """An entry under `scorers` in suite.yaml, in one line."""
    plugin: Plugin | None = None
    """The distribution that it comes from; None: it is built in."""
    code: SharedCode | None = None
    """The workspace's code that it runs; None: it runs none."""

    @property
    def defaults(self) -> dict[str, Any]:
        """The default of each option."""
        return defaults(self.options)


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
        """sha256 of kind, revision, options, of the faults that are not wrong, and of the plug-in
        that the kind comes from, with its version.
        """
        content: list[Any] = [self.kind.name, self.kind.revision, dict(self.options)]
        faults = {
            fault.value: counts.value
            for fault, counts in self.faults.items()
            if counts is not FaultScore.WRONG
        }
        if self.kind.plugin:
            plugin = self.kind.plugin
            content += [faults, {"plugin": plugin.distribution, "version": plugin.version}]
        elif faults:
            content.append(faults)
        return fingerprint(content)

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
        if self.kind.plugin or self.kind.code:
            return False
        if self._counts(Outcome.EMPTY, case) is FaultScore.SCORED:
            return False
        scores = (self.kind.score(Answer(Outcome.OK, b), case, self.options) for b in _BLANKS)
        return any(score.value for score in scores)
