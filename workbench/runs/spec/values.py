"""A run's specification, results, summary and progress."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from workbench.datasets.features import ComputedValues
from workbench.datasets.values import Case
from workbench.prompts.values import Prompt
from workbench.providers.base import Answer
from workbench.runs.spec.case_stream import CaseStream
from workbench.runs.spec.suite import RunOptions, Suite
from workbench.scorers.base import AsksModels, Score, Scorer
from workbench.scorers.judges.judge import asking_of


class RunStatus(enum.StrEnum):
    """State of a run; `--json` prints the last three."""

    RUNNING = "running"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class RunSpec:
    """Everything that decides a run's results, and how to run it."""

    prompt: Prompt
    suite: Suite
    cases: tuple[Case, ...]
    """In the order in which they are run."""
    split: str = "dev"
    label: str = ""
    """How the user named the prompt: draft, 1.2.0, production."""
    fresh: bool = False
    """Ignore the answer cache."""
    options: RunOptions | None = None
    """Replaces the suite's options."""
    own_options: tuple[str, ...] = ()
    """Names of the options given for this run alone: a resumed run keeps them, even if the suite
    has changed."""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """The rules by which a gated run will be decided; stored before its first call."""
    notes: tuple[str, ...] = ()
    """What the user should know about the cases, such as a column that nothing uses."""
    computed: ComputedValues = field(default_factory=ComputedValues, compare=False, repr=False)
    """Inputs that features computed for this run already, be it for its estimate."""
    stream: CaseStream | None = None
    """Where the cases are read while the run goes on; `cases` are the first ones then."""
    available: int = 0
    """Number of cases in the split; 0: as many as the run has."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else is to be recorded with its environment, such as the resolved pin of the model."""

    @property
    def run_options(self) -> RunOptions:
        return self.options or self.suite.run

    @property
    def scorers(self) -> tuple[Scorer, ...]:
        return self.suite.scorers

    @cached_property
    def judges(self) -> tuple[AsksModels, ...]:
        """The judges among the scorers, and what else asks models."""
        return asking_of(self.scorers)

    @property
    def count(self) -> int:
        """The number of cases; at most, where they are read while the run goes on."""
        return self.stream.rows if self.stream else len(self.cases)


@dataclass(frozen=True, slots=True)
class Result:
    """One answer of one case and repeat, with its scores by scorer name."""

    case_id: str
    repeat: int
    answer: Answer
    scores: Mapping[str, Score]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One line about a stored run; `score` is the mean of the headline scorer's values."""

    run_id: str
    status: RunStatus
    prompt_id: str
    fingerprint: str
    """Of the prompt."""
    label: str
    suite: str
    split: str
    suite_parts: Mapping[str, str]
    """Fingerprints of what the scores depend on, see Suite.parts; `cases` for the run's own."""
    scorer: str
    cases: int
    repeats: int
    scored: int
    """(case, repeat) pairs with a score of the headline scorer."""
    errors: int
    score: float | None
    calls: int
    cached: int
    cost_usd: float | None
    prompt_tokens: int | None
    completion_tokens: int | None
    seconds: float
    model: str
    created_at: str
    """ISO 8601, UTC."""
    reason: str = ""
    """Why a run is not complete, in one line."""
    environment: Mapping[str, Any] = field(default_factory=dict)
    """Package versions, endpoint, git commit."""
    judge_calls: int = 0
    """Calls of judges, which `calls` and `cost_usd` leave out."""
    judge_cached: int = 0
    judge_cost_usd: float | None = 0.0


@dataclass(frozen=True, slots=True)
class Slot:
    """One call under way, its retries and their waiting included."""

    case_id: str
    repeat: int
    seconds: float
    """Since it started."""


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Progress of a live run, for a screen that polls ten times per second."""

    run_id: str
    status: RunStatus
    total: int
    done: int
    scored: int
    passed: int
    """Results whose headline score is 1."""
    failed: int
    errors: int
    cached: int
    in_flight: int
    backing_off: int
    retry_in_s: float | None
    """Seconds until calls resume after a failure, a pause for the provider or a rate limit."""
    rate: float | None
    """Results per second over the last seconds."""
    eta_s: float | None
    score: float | None
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float | None
    estimate_usd: float | None
    elapsed_s: float
    stopping: bool = False
    reason: str = ""
    latency_p50_s: float | None = None
    """Latency of the last calls; cached answers do not count."""
    latency_p95_s: float | None = None
    first_token_s: float | None = None
    """Median time to the first token, where answers are streamed."""
    slots: tuple[Slot, ...] = ()
    """The calls under way, the oldest first."""
    faults: int = 0
    """Answers that are the model's own fault: empty, refused, truncated, filtered, a tool call."""
    judge_calls: int = 0
    judge_cost_usd: float | None = 0.0
    at_once: int = 0
    """How many concurrent calls the throttle allows now."""
