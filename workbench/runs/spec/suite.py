"""A suite: which dataset, which scorers, which gate, and how to run them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta

from workbench.datasets.attachments import attached, media_kinds
from workbench.datasets.distinct import distinct
from workbench.datasets.sources.spec import DatasetSpec
from workbench.datasets.values import Case, Dataset
from workbench.errors import UsageError
from workbench.fingerprints import canonical_json, fingerprint, short
from workbench.prompts.values import Prompt
from workbench.runs.spec.gate_margins import (
    COST,
    LATENCY,
    FurtherMargin,
    Margins,
    SliceMargin,
    also_of,
    slices_of,
)
from workbench.scorers.base import AsksModels, Scorer
from workbench.scorers.first_release import credited_empty
from workbench.scorers.judges.judge import judges_of
from workbench.typed_tables import Count, Share, Text, key, or_none
from workbench.units import dollars, seconds, timeout

NOT_WORSE: Literal["not_worse"] = "not_worse"
NO_REGRESSIONS: Literal["no_regressions"] = "no_regressions"
THRESHOLD: Literal["threshold"] = "threshold"

MEASURED: Literal["measured"] = "measured"
ALIKE: Literal["alike"] = "alike"

MIN_CASES = 20
"""Minimum number of cases for a threshold, unless the suite says otherwise: with fewer, it is
reached by chance too easily."""

DEFAULT_BASELINE = "production"
DEFAULT_MARGIN = 0.05
DEFAULT_CONFIDENCE = 0.95
DEFAULT_MAX_MISSING = 0.05

GATE_SPLIT = "gate"
DEV_SPLIT = "dev"
_REVISION = 2
"""Revision of how cells and expected answers are read; 0.1.0 read by revision 1, unrecorded."""


def _days(text: str | float) -> float:
    return seconds(text) / 86400.0


def _names(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UsageError(f"{value!r} names no scorer", hint="scorer: exact_match")
    return tuple(names)


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """When a version may go live. Scores, margin and threshold are fractions of 1."""

    scorers: tuple[str, ...] = key(
        "Scorers that all must pass, the headline first; else the first required one.",
        name="scorer",
        alias="scorers",
        takes=str | list[str],
        read=_names,
    )
    baseline: str | None = key(
        "The environment of the baseline; none: the threshold alone decides.",
        read=lambda value: None if value == "none" else value,
        default=DEFAULT_BASELINE,
    )
    margin: Share = key("Not worse by more than this.", default=DEFAULT_MARGIN)
    threshold: Share | None = key("Never below this.", default=None)
    confidence: Annotated[float, Meta(ge=0.5, le=0.999)] = key(
        "Of the interval.", default=DEFAULT_CONFIDENCE
    )
    max_missing: Share = key(
        "Largest share of missing cases with which a version can pass.",
        default=DEFAULT_MAX_MISSING,
    )
    max_age_days: float | None = key(
        "Older evidence does not count.", name="max_age", read=_days, example="30d", default=None
    )
    rule: Literal["not_worse", "no_regressions", "threshold"] = key(
        "A bound on the loss, no regressed case, or the candidate's score alone.",
        default=NOT_WORSE,
    )
    min_cases: Annotated[int, Meta(ge=0, le=10**6)] | None = key(
        f"Least cases for a threshold without a baseline; 0: {MIN_CASES}.",
        read=or_none,
        default=None,
    )
    extend: bool = key("Decide by bets, so that fresh cases may be added.", default=False)
    judge_errors: Literal["measured", "alike"] = key(
        "A judge's errors on two versions: measured by labels on both, or taken to be alike.",
        default=MEASURED,
    )
    slices: Margins = key(
        "Tags whose cases must keep a margin of their own.",
        takes=Mapping[Text, SliceMargin],
        read=slices_of,
        default=(),
    )
    also: Margins = key(
        "Further quantities with their margins: cost and latency_p95, or another percentile.",
        takes=Mapping[Annotated[str, Meta(pattern=f"^({COST}|{LATENCY.pattern})$")], FurtherMargin],
        read=also_of,
        default=(),
    )
    """A share of the baseline's cost, and seconds."""

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
            **({"judge_errors": self.judge_errors} if self.judge_errors != MEASURED else {}),
            **{
                name: {key: {"margin": margin} for key, margin in margins}
                for name, margins in (("slices", self.slices), ("also", self.also))
                if margins
            },
        }


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a suite is run; no option affects a score."""

    concurrency: Annotated[int, Meta(ge=1, le=1_000)] = key("Calls at a time.", default=8)
    repeats: Annotated[int, Meta(ge=1, le=100)] = key("Answers per case.", default=1)
    timeout_s: float = key("Of a call.", name="timeout", read=timeout, example="60s", default=60.0)
    budget_usd: float | None = key(
        "Most that a run may cost.", name="budget", read=dollars, example="2.00 USD", default=None
    )
    requests_per_minute: Count | None = key("0: no limit.", read=or_none, default=None)
    tokens_per_minute: Count | None = key("0: no limit.", read=or_none, default=None)
    stream: bool = key("Stream answers, to time their first token.", default=False)


def gate_cases_of(dataset: Dataset) -> Dataset:
    """The cases that decide: the split `gate`, or all of them where there is none."""
    return dataset.only(GATE_SPLIT if GATE_SPLIT in dataset.splits else None)


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
    dataset_spec: DatasetSpec | None = None
    """What its file says about the dataset; it decides nothing beside the cases."""
    typed: bool = False
    """The kinds of the prompt's inputs change what is sent, see `with_reading_changes`."""
    reread: bool = False
    """A scorer reads expected answers differently from 0.1.0, see `with_reading_changes`."""
    credited: bool = False
    """An empty answer, which is wrong now, scored above 0 in 0.1.0, see `with_reading_changes`."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The inputs whose files stand in the dataset by their content, see `with_files`."""
    as_written: Dataset | None = None
    """The dataset as its file has it, where files were attached."""

    def with_files(self, kinds: Mapping[str, str]) -> Suite:
        """The suite whose cases hold the files that they name for these inputs: a changed file is
        a changed case. `kinds`: image or file, by input. Raises DatasetError like `attached`.
        """
        if kinds == self.files:
            return self
        named = self.as_written or self.dataset
        return replace(self, dataset=attached(named, kinds), files=kinds, as_written=named)

    def for_prompts(self, prompts: Sequence[Prompt]) -> Suite:
        """The suite with the files that these prompts take. Raises DatasetError."""
        return self.with_files({**self.files, **media_kinds(prompts)})

    def with_reading_changes(self, cases: Sequence[Case], *, typed: bool = False) -> Suite:
        """The suite, marked with how 0.1.0 read these cases differently: its results do not count
        then.

        `typed`: input kinds convert cells, where 0.1.0 sent the cell's text.
        """
        leaves = [leaf for scorer in self.scorers for leaf in scorer.leaves]
        reads = [leaf.reads for leaf in leaves if leaf.reads]
        reread = any(read.is_new(case) for read in reads for case in cases)
        # Scorers that read an expected answer scored an empty one as they do now.
        free = [s for s in self.scorers if s.name in self.gate.scorers and not s.kind.reads]
        credited = any(credited_empty(scorer, case) for scorer in free for case in cases[:1])
        return replace(self, typed=typed, reread=reread, credited=credited)

    @cached_property
    def gate_cases(self) -> Dataset:
        """The cases that decide, see `gate_cases_of`."""
        return gate_cases_of(self.dataset)

    @cached_property
    def dev_cases(self) -> Dataset:
        """The cases to iterate on: the split `dev`, or all of them where there is none."""
        return self.dataset.only(DEV_SPLIT if DEV_SPLIT in self.dataset.splits else None)

    @cached_property
    def parts(self) -> dict[str, str]:
        """Fingerprints of what an evaluation depends on: dataset, scorers, policy, repeats.

        `judge` and `gate_judges` are there only with judges; `cells` and `readings` only where
        0.1.0 read the same files otherwise, `empties` only where it gave an empty answer a score
        above 0.
        """
        parts = {
            "dataset": self.gate_cases.fingerprint,
            "scorers": fingerprint([[s.fingerprint, s.required] for s in self.scorers]),
            "policy": fingerprint(self.gate.content()),
            "repeats": fingerprint(self.run.repeats),
        }
        judges = judges_of(self.scorers)
        if judges:
            # A part of their own, so that an edited judge is named as what changed.
            parts["judge"] = fingerprint([judge.fingerprint for judge in judges])
        if self.gate_judges:
            # As they are: the registry looks for a calibration of each.
            prints = sorted(judge.fingerprint for judge in self.gate_judges)
            parts["gate_judges"] = canonical_json(prints)
        if self.typed:
            parts["cells"] = fingerprint(_REVISION)
        if self.reread:
            parts["readings"] = fingerprint(_REVISION)
        if self.credited:
            parts["empties"] = fingerprint(_REVISION)
        return parts

    @cached_property
    def gate_judges(self) -> tuple[AsksModels, ...]:
        """The judges on which the gate rests."""
        return judges_of([s for s in self.scorers if s.name in self.gate.scorers])

    @cached_property
    def gate_judge_scorers(self) -> tuple[Scorer, ...]:
        """The gate's scorers in which there is a judge."""
        gating = [s for s in self.scorers if s.name in self.gate.scorers]
        return tuple(scorer for scorer in gating if judges_of((scorer,)))

    @cached_property
    def contents(self) -> dict[str, Any]:
        """The contents behind `parts`, as far as later changes must be described.

        `cases` maps the digest of each gate case to its id: the n-th of equal cases has `#n` after
        its digest, and tags and group are part of the digest.
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
        leaves = [leaf for scorer in self.scorers for leaf in scorer.leaves]
        own = ((leaf.fingerprint, leaf.kind.code) for leaf in leaves)
        code = {digest: each.source.content for digest, each in own if each}
        judges = {judge.fingerprint: judge.content for judge in judges_of(self.scorers)}
        return {
            "cases": cases,
            "scorers": [s.record for s in self.scorers],
            "repeats": self.run.repeats,
            **({"code": code} if code else {}),
            **({"judges": judges} if judges else {}),
        }

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the parts: changes when any of them does."""
        return fingerprint(self.parts)

    def cases(self, split: str | None) -> tuple[Case, ...]:
        """The cases of a split; None means dev, "all" means every case. Raises DatasetError."""
        if split == "all":
            return self.dataset.cases
        if split in (None, DEV_SPLIT):
            return self.dev_cases.cases
        if split == GATE_SPLIT:
            return self.gate_cases.cases
        return self.dataset.only(split).cases

    def distinct_cases(self, split: str | None, prompts: Sequence[Prompt] = ()) -> tuple[Case, ...]:
        """The cases of a split without duplicates, see `datasets.distinct`."""
        key = (split, *(prompt.fingerprint for prompt in prompts))
        if key not in self._distinct:
            self._distinct[key] = distinct(self.cases(split), prompts)
        return self._distinct[key]

    @cached_property
    def _distinct(self) -> dict[tuple[str | None, ...], tuple[Case, ...]]:
        """Cache of `distinct_cases`: forms call it at every key, and rendering is slow."""
        return {}
