"""Pairs, verdicts, and the evidence behind a version."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class Verdict(enum.StrEnum):
    """The answer of a comparison."""

    BETTER = "better"
    NOT_WORSE = "not_worse"
    WORSE = "worse"
    UNDECIDED = "undecided"


class Gate(enum.StrEnum):
    """The gate's decision."""

    PASS = "pass"
    FAIL = "fail"
    NO_DECISION = "no_decision"


@dataclass(frozen=True, slots=True)
class CasePair:
    """The scores of one case: `a` of the baseline, `b` of the candidate; None = missing.

    Each tuple holds one score a repeat.
    """

    case_id: str
    a: tuple[float | None, ...]
    b: tuple[float | None, ...]
    group: str | None = None
    reason: str = ""
    """Why a score is missing, in one line."""
    tags: tuple[str, ...] = ()
    """The slices that the case belongs to."""


@dataclass(frozen=True)
class Comparison:
    """One scorer's verdict on two runs. Differences are B - A, as fractions of 1."""

    scorer: str
    verdict: Verdict
    gate: Gate
    difference: float | None
    """None without a baseline; `low` and `high` then bound the candidate's score."""
    low: float | None
    high: float | None
    fixed: tuple[str, ...]
    """Ids of cases that B scores higher on than A."""
    broke: tuple[str, ...]
    """Ids of cases that B scores lower on, or, without a baseline, scores less than 1 on."""
    same: int
    missing: tuple[str, ...]
    cases: int
    """Complete pairs (or, without a baseline, scored cases)."""
    score_a: float | None
    score_b: float | None
    p_value: float | None
    method: str
    """tango, paired_t, cluster_t, wilson: how the interval was made."""
    planned: int = 0
    look: int = 0
    """Number of the planned look, from 1; 0 where no looks were planned."""
    looks: int = 1
    more_cases: int | None = None
    """Estimated number of further cases that would settle an undecided comparison."""
    reason: str = ""
    """One sentence: the gate's reason."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Mid-p, worst-case low, the critical value, per-look records, cluster count, ..."""
    stopped: str = ""
    """Why the plan ends at this look: `pass`, `fail`, `futility`, or nothing."""


@dataclass(frozen=True)
class Evidence:
    """The record of an evaluation; the decision can be recomputed from `pairs` alone."""

    prompt_id: str
    version: str
    prompt_fingerprint: str
    suite: str
    suite_fingerprint: str
    suite_parts: Mapping[str, str]
    policy: Mapping[str, Any]
    planned: int
    """Cases of the plan, before any early stop."""
    pairs: Mapping[str, tuple[CasePair, ...]]
    """By gating scorer, in the order of the plan; only the looked-at prefix. After the scorers, the
    raw values of `raw_values.RAW`.
    """
    comparisons: tuple[Comparison, ...]
    """One per gating scorer, the headline scorer first."""
    gate: Gate
    score: float | None
    """The candidate's mean of the headline scorer."""
    baseline_version: str | None
    baseline_fingerprint: str | None
    run_a: str | None
    run_b: str | None
    started_at: str
    finished_at: str
    attempt: int = 1
    """Which use of this gate set for this prompt this is, from 1."""
    external: bool = False
    """From a team's own suite object, not from a run of this program."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """Written before the first call: looks, boundary, futility, order seed, minimum cases."""
    cases: tuple[str, ...] = ()
    """Digest of each case's content, in the order of `pairs`; empty in records of 0.1.0."""
    questions: tuple[str, ...] = ()
    """The same of what the candidate's templates use of each case; empty where it is all of it."""
    earlier_uses: Mapping[str, Any] = field(default_factory=dict)
    """How these cases were used before: `multiple_comparisons.EarlierAttempts.content`."""
    answers: Mapping[str, Any] = field(default_factory=dict)
    """By side, `a` and `b`: where the answers came from, see `origin`; empty: not known."""
    environment: Mapping[str, Any] = field(default_factory=dict)
    """Model asked and answered, system fingerprint, package versions, git commit."""
