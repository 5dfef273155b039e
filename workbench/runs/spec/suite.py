"""A suite: which dataset, which scorers, which gate, and how to run them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.datasets.distinct import distinct
from workbench.datasets.values import Case, Dataset
from workbench.fingerprints import fingerprint, short
from workbench.prompts.values import Prompt
from workbench.scorers.base import Scorer

NOT_WORSE = "not_worse"
NO_REGRESSIONS = "no_regressions"
THRESHOLD = "threshold"
RULES = (NOT_WORSE, NO_REGRESSIONS, THRESHOLD)
"""What a gate asks: a bound on the loss, that no case falls, or the candidate's score alone."""

MIN_CASES = 20
"""Fewer cases reach a threshold by luck alone too easily, unless the suite says otherwise."""

GATE_SPLIT = "gate"
DEV_SPLIT = "dev"
_REVISION = 2
"""Of how cells and expected answers are read; 1 is that of 0.1.0, which named none."""


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """When a version may go live. Scores, margin and threshold are fractions of 1."""

    scorers: tuple[str, ...]
    """All of them must pass; the first is the headline."""
    baseline: str | None = "production"
    """The environment whose live version is the baseline; None: the threshold alone decides."""
    margin: float = 0.05
    threshold: float | None = None
    confidence: float = 0.95
    max_missing: float = 0.05
    """More missing cases than this share can never pass."""
    max_age_days: float | None = None
    rule: str = NOT_WORSE
    min_cases: int | None = None
    """Cases that a threshold needs where there is no baseline; None: MIN_CASES."""
    extend: bool = False
    """Decided by bets from the first case on, so that fresh cases may be added later."""

    def content(self) -> dict[str, Any]:
        """All of the policy as plain JSON values."""
        return {
            "scorers": list(self.scorers),
            "baseline": self.baseline,
            "margin": self.margin,
            "threshold": self.threshold,
            "confidence": self.confidence,
            "max_missing": self.max_missing,
            "max_age_days": self.max_age_days,
            **({"rule": self.rule} if self.rule != NOT_WORSE else {}),
            **({"min_cases": self.min_cases} if self.min_cases is not None else {}),
            **({"extend": True} if self.extend else {}),
        }


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a suite is run; none of it decides a score."""

    concurrency: int = 8
    repeats: int = 1
    timeout_s: float = 60.0
    budget_usd: float | None = None
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    stream: bool = False
    """Take answers as they come, to time their first token."""


@dataclass(frozen=True)
class Suite:
    """Dataset, scorers and gate policy of one prompt."""

    name: str
    prompt_id: str
    dataset: Dataset
    scorers: tuple[Scorer, ...]
    gate: GatePolicy
    run: RunOptions = RunOptions()
    path: Path | None = None
    typed: bool = False
    """The kinds of the prompt's inputs change what is asked, see `as_read`."""
    reread: bool = False
    """A scorer reads what a case expects otherwise than 0.1.0, see `as_read`."""
    credited: bool = False
    """An empty answer, which is wrong now, scored above 0 in 0.1.0, see `as_read`."""

    def as_read(self, cases: Sequence[Case], *, typed: bool = False) -> Suite:
        """The suite with what 0.1.0 read otherwise of these cases: its results do not count then.

        `typed`: inputs are asked as their kinds need them, where 0.1.0 sent the text of a cell.
        """
        reads = [scorer.kind.reads for scorer in self.scorers if scorer.kind.reads]
        reread = any(read.is_new(case) for read in reads for case in cases)
        # What reads an expected answer gave an empty one 0 unless it was expected, as it does now.
        free = [s for s in self.scorers if s.name in self.gate.scorers and not s.kind.reads]
        credited = any(scorer.credited_empty(case) for scorer in free for case in cases[:1])
        return replace(self, typed=typed, reread=reread, credited=credited)

    @cached_property
    def gate_cases(self) -> Dataset:
        """The cases that decide: the split `gate`, or all of them where there is none."""
        return self.dataset.only(GATE_SPLIT if GATE_SPLIT in self.dataset.splits else None)

    @cached_property
    def dev_cases(self) -> Dataset:
        """The cases to iterate on: the split `dev`, or all of them where there is none."""
        return self.dataset.only(DEV_SPLIT if DEV_SPLIT in self.dataset.splits else None)

    @cached_property
    def parts(self) -> dict[str, str]:
        """Fingerprints of what an evaluation depends on: dataset, scorers, policy, repeats.

        `cells` and `readings` are there only where 0.1.0 read the same files otherwise, `empties`
        only where it gave an empty answer a score above 0.
        """
        parts = {
            "dataset": self.gate_cases.fingerprint,
            "scorers": fingerprint([[s.fingerprint, s.required] for s in self.scorers]),
            "policy": fingerprint(self.gate.content()),
            "repeats": fingerprint(self.run.repeats),
        }
        if self.typed:
            parts["cells"] = fingerprint(_REVISION)
        if self.reread:
            parts["readings"] = fingerprint(_REVISION)
        if self.credited:
            parts["empties"] = fingerprint(_REVISION)
        return parts

    @cached_property
    def contents(self) -> dict[str, Any]:
        """What the parts are fingerprints of, as far as a later change of them must be told.

        `cases` is the digest of each case that decides, with its id: the n-th of equal ones has
        `#n` behind its digest, and one with tags or a group has them in it.
        """
        cases: dict[str, str] = {}
        for case in self.gate_cases.cases:
            digest = case.digest
            if case.tags or case.group is not None:
                digest += "." + short(fingerprint([case.tags, case.group]))
            seen, key = 1, digest
            while key in cases:
                seen += 1
                key = f"{digest}#{seen}"
            cases[key] = case.id
        return {
            "cases": cases,
            "scorers": [[s.name, s.required, s.fingerprint, dict(s.options)] for s in self.scorers],
            "repeats": self.run.repeats,
        }

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the parts: changes when any of them does."""
        return fingerprint(self.parts)

    def cases(self, split: str | None) -> tuple[Case, ...]:
        """The cases of a split by name; None means dev, "all" means every one."""
        if split == "all":
            return self.dataset.cases
        if split in (None, DEV_SPLIT):
            return self.dev_cases.cases
        if split == GATE_SPLIT:
            return self.gate_cases.cases
        return self.dataset.only(split).cases

    def asked(self, split: str | None, prompts: Sequence[Prompt] = ()) -> tuple[Case, ...]:
        """Of the cases of a split those that are questions of their own, see `distinct`."""
        key = (split, *(prompt.fingerprint for prompt in prompts))
        if key not in self._asked:
            self._asked[key] = distinct(self.cases(split), prompts)
        return self._asked[key]

    @cached_property
    def _asked(self) -> dict[tuple[str | None, ...], tuple[Case, ...]]:
        """What `asked` found: a form asks at every key, and rendering all cases takes a while."""
        return {}
