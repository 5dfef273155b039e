"""What a scorer is: a small function with options, and a fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

from workbench.child_process.shared import SharedCode
from workbench.datasets.values import Case
from workbench.fingerprints import fingerprint
from workbench.plugins import Plugin
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer, Outcome
from workbench.scorers.cuts import reaches
from workbench.scorers.expected import Reading
from workbench.scorers.faults import FaultScore
from workbench.scorers.library import Library
from workbench.scorers.models import Models
from workbench.scorers.transforms import (
    NotApplicable,
    Transform,
    compared_through,
    seen_through,
)
from workbench.typed_options import Option, defaults


@dataclass(frozen=True, slots=True)
class Score:
    """`value` in [0, 1], or None when it is missing; `reason` says why, in one line."""

    value: float | None
    reason: str = ""
    parts: Mapping[str, float | None] = field(default_factory=dict)
    """Scores that stand behind this one by name, such as one per field; shown, never gating."""
    skipped: bool = False
    """The scorer was not asked, since the one named in `after` did not give 1."""


ScoreFunction = Callable[[Answer, Case, Mapping[str, Any]], Score]


class AsksModels(Protocol):
    """A scorer that asks models: a judge, or nearness by a provider's embeddings."""

    @property
    def embeds(self) -> bool:
        """Whether it asks for embeddings, and not for answers."""

    @property
    def fingerprint(self) -> str:
        """sha256 of what decides its scores but the model that answers."""

    @property
    def prompt(self) -> Prompt:
        """What it asks, whose model names the provider."""

    def lacks(self, case: Case) -> str:
        """Why the case cannot be judged, or nothing."""

    def score(self, answer: Answer, case: Case, models: Models | None) -> Score:
        """The score; missing while an answer of a model is not known."""


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
    entry: str = ""
    """What suite.yaml calls it, where that is no name of its own: `python`."""
    code: SharedCode | None = None
    """The workspace's code that it runs; None: it runs none."""
    judge: AsksModels | None = None
    """What asks models in its place; None: it asks none."""
    compared: tuple[str, ...] = ()
    """Options that hold texts with which the answer is compared."""
    instead: tuple[str, ...] = ()
    """Options that, where one is set, take the place of what the case expects."""
    judges: frozenset[Outcome] = frozenset()
    """The model's own faults that it judges itself, whatever the suite's `faults` say."""
    library: Library | None = None
    """What it is computed with; the version decides scores, so it is in the fingerprint."""
    combine: Combine | None = None
    """Of a scorer made of others: one score of theirs."""
    flips: bool = False
    """It negates the scorers that it is made of."""
    of_case: bool = False
    """It is made of the scorers that a case brings itself."""

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
    label: str = ""
    """The name that the suite gives it; empty: that of its kind."""
    transforms: tuple[Transform, ...] = ()
    cut: float | None = None
    """From this score on it is 1, below it 0; None: the score stands as it is."""
    after: str = ""
    """The scorer that must give 1 before this one is asked."""
    weight: float = 1.0
    """Its share among the parts of `mean_of` and of `checks`."""
    expected: Any = None
    """Takes the place of what the case expects; None: it does not."""
    parts: tuple[Scorer, ...] = ()
    """The scorers that it is made of."""
    parts_of: Callable[[Case], tuple[Scorer, ...]] | None = None
    """The scorers that a case brings itself, of which it is made."""
    drawn: tuple[Any, ...] = ()
    """Of these: the kinds with a library or plug-in, whose version decides scores, too."""

    @property
    def name(self) -> str:
        return self.label or self.kind.name

    @cached_property
    def written(self) -> dict[str, Any]:
        """The options, and the keys of every scorer that are set, as suite.yaml has them."""
        keys = {
            "transforms": [transform.written for transform in self.transforms],
            "cut": self.cut,
            "after": self.after,
            "weight": None if self.weight == 1 else self.weight,
            "expected": self.expected,
            "of": [part.entry for part in self.parts],
        }
        return {**self.options, **{k: v for k, v in keys.items() if v not in (None, "", [])}}

    @property
    def named(self) -> dict[str, Any]:
        """`written`, with the name that the suite gives it."""
        return {**self.written, **({"name": self.label} if self.label else {})}

    @property
    def entry(self) -> dict[str, Any]:
        """The scorer as it stands among others in suite.yaml, as a record keeps it."""
        if self.kind.entry:
            return {self.kind.entry: {**self.written, "name": self.name}}
        return {self.kind.name: self.named}

    @property
    def record(self) -> list[Any]:
        """Name, whether it gates, fingerprint and options, as evidence keeps them; after these its
        kind, where the suite gives it another name.
        """
        kind = [self.kind.name] if self.label else []
        return [self.name, self.required, self.fingerprint, self.written, *kind]

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of kind, revision, options, of the faults that are not wrong, of the plug-in that
        the kind comes from, with its version, and of the keys of every scorer that are set.
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
        if self.kind.library:
            content.append({"library": f"{self.kind.library.name} {self.kind.library.version}"})
        keys = {k: v for k, v in self.named.items() if k not in self.options}
        if self.parts:
            keys["of"] = [[part.fingerprint, part.weight] for part in self.parts]
        if keys or self.drawn:
            content.append({"keys": keys, **({"drawn": self.drawn} if self.drawn else {})})
        return fingerprint(content)

    @property
    def leaves(self) -> tuple[Scorer, ...]:
        """The scorers that look at the answer: this one, or those that it is made of."""
        return tuple(leaf for part in self.parts for leaf in part.leaves) or (self,)

    def with_faults(self, faults: Mapping[Outcome, FaultScore]) -> Scorer:
        """The scorer, and those that it is made of, by which the model's faults count so."""
        parts = tuple(part.with_faults(faults) for part in self.parts)
        return replace(self, faults=faults, parts=parts)

    @property
    def reads(self) -> Reading | None:
        """How it reads what a case expects; None: it needs nothing of the kind."""
        return self._reading if self.expected is None else None

    @cached_property
    def _reading(self) -> Reading | None:
        named = any(self.options.get(name) for name in self.kind.instead)
        return None if named else self.kind.reads

    def lacks(self, case: Case) -> str:
        """Why this scorer cannot judge the case, or nothing."""
        lacking = self._reading.lacks(self._seen(case)) if self._reading else ""
        return lacking or (self.kind.judge.lacks(case) if self.kind.judge else "")

    def score(
        self,
        answer: Answer,
        case: Case,
        *,
        negated: bool = False,
        through: tuple[Transform, ...] = (),
        models: Models | None = None,
    ) -> Score:
        """The score of one answer; an answer that is an error has none.

        What the model itself did wrong (nothing, refused, cut short, filtered, a tool call
        instead of text) scores 0, unless `faults` says otherwise; a negated scorer gives it 0,
        too. `through`: transforms that come before the scorer's own.
        """
        if answer.outcome is not Outcome.OK and answer.outcome.is_error:
            return Score(None, answer.error or answer.outcome.value)
        if self.transforms:
            through = (*through, *self.transforms)
        if self.kind.combine:
            return self._combined(answer, case, negated, through, models)
        case = self._seen(case, through)
        spoilt = self._spoilt(answer, case)
        if spoilt is None and through:
            try:
                text = seen_through(through, answer.text)
            except NotApplicable as why:
                return Score(0.0, str(why))
            if text != answer.text:
                is_empty = answer.outcome is Outcome.OK and not text.strip()
                outcome = Outcome.EMPTY if is_empty else answer.outcome
                answer = replace(answer, text=text, outcome=outcome)
                spoilt = self._spoilt(answer, case) if is_empty else None
        if spoilt is not None:
            return spoilt
        if self.kind.judge:
            score = self.kind.judge.score(answer, case, models)
        else:
            score = self.kind.score(answer, case, self._options(through))
        score = self._cut(score)
        return inverted(score, self.name) if negated else score

    def _combined(
        self,
        answer: Answer,
        case: Case,
        negated: bool,
        through: tuple[Transform, ...],
        models: Models | None,
    ) -> Score:
        """By De Morgan's laws: a negated combination is one of negated scorers, so that what the
        model did wrong stays wrong.
        """
        assert self.kind.combine
        parts = self.parts
        if self.parts_of:
            parts = self.parts_of(case)
            parts = tuple(part.with_faults(self.faults) for part in parts) if self.faults else parts
        inner = negated is not self.kind.flips
        scores = [
            (part, part.score(answer, case, negated=inner, through=through, models=models))
            for part in parts
        ]
        score = self.kind.combine(scores, inner)
        if not negated or self.cut is None:
            return self._cut(score)
        return inverted(self._cut(inverted(score, self.name)), self.name)

    def _cut(self, score: Score) -> Score:
        if self.cut is None or score.value is None:
            return score
        reason = f"{score.value:.2f}{f', {score.reason}' if score.reason else ''}"
        return replace(score, value=float(reaches(score.value, self.cut)), reason=reason)

    def _seen(self, case: Case, through: tuple[Transform, ...] | None = None) -> Case:
        """The case with what this scorer takes for expected."""
        changes = through and any(transform.both for transform in through)
        if self.kind.reads is None or (self.expected is None and not changes):
            return case
        expected = case.expected if self.expected is None else self.expected
        return replace(case, expected=compared_through(through or (), expected))

    def _options(self, through: tuple[Transform, ...]) -> Mapping[str, Any]:
        if not through or not self.kind.compared:
            return self.options
        compared = [name for name in self.kind.compared if name in self.options]
        changed = {name: compared_through(through, self.options[name]) for name in compared}
        return {**self.options, **changed}

    def _spoilt(self, answer: Answer, case: Case) -> Score | None:
        """The score of an answer that is not looked at; None: it is."""
        outcome = answer.outcome
        counts = FaultScore.SCORED
        if outcome is not Outcome.OK and outcome.is_models_fault:
            counts = self.counts(outcome, case)
        if counts is not FaultScore.SCORED:
            wrong = 0.0 if counts is FaultScore.WRONG else None
            empty = outcome is Outcome.EMPTY
            return Score(wrong, "the answer is empty" if empty else outcome.value)
        lacking = self._reading.lacks(case) if self._reading else ""
        return Score(None, lacking) if lacking else None

    def counts(self, fault: Outcome, case: Case) -> FaultScore:
        """What an answer with this fault of the model counts as."""
        if fault in self.kind.judges:
            return FaultScore.SCORED
        takes = fault is Outcome.EMPTY and self.kind.takes_empty(case, self.options)
        if takes or (fault is Outcome.EMPTY and self._reading and self._reading.lacks(case)):
            return FaultScore.SCORED  # which is missing where the case lacks what it needs
        return self.faults.get(fault, FaultScore.WRONG)


def inverted(score: Score, name: str) -> Score:
    """The score of the opposite; what is missing stays so."""
    if score.value is None:
        return score
    return Score(1 - score.value, score.reason if score.value < 1 else f"{name} holds")


Combine = Callable[[Sequence[tuple[Scorer, Score]], bool], Score]
"""One score of those of several scorers; whether they are negated."""
