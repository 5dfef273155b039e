"""The values that the registry returns to people and programs; all frozen."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.verdicts.judges.calibration import Calibration
from workbench.verdicts.values import Evidence, Gate


class State(enum.StrEnum):
    """Whether a version may go live, derived from its evidence each time."""

    TESTED = "tested"
    UNTESTED = "untested"
    FAILING = "failing"
    STALE = "stale"
    DRIFTED = "drifted"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class PromptSummary:
    """One prompt: how many versions, the newest, and what is live where."""

    prompt_id: str
    versions: int
    latest: str
    live: Mapping[str, str]
    """Environment to version."""


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """Evidence with its record."""

    id: str
    evidence: Evidence
    recorded_at: str
    recorded_by: str
    seq: int

    @property
    def gate(self) -> Gate:
        return self.evidence.gate

    @property
    def suite(self) -> str:
        return self.evidence.suite


@dataclass(frozen=True, slots=True)
class CalibrationRecord:
    """A judge's calibration with its record."""

    seq: int
    recorded_at: str
    recorded_by: str
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class SuiteRecord:
    """One form of a suite, as it was published."""

    seq: int
    suite: str
    fingerprint: str
    parts: Mapping[str, str]
    """Fingerprints of dataset, scorers, policy and repeats."""
    policy: Mapping[str, Any]
    contents: Mapping[str, Any]
    """`cases` (digest to id) and `scorers` (name, required, fingerprint, options); empty in
    records of 0.1.0.
    """
    recorded_at: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class DatasetUse:
    """An evaluation by the dataset that it was made on, without its scores."""

    seq: int
    evaluation_id: str
    version: str
    gate: Gate
    score: float | None
    dataset: str
    """Fingerprint of the cases that decided."""
    snapshot: str
    """That of the whole dataset; empty in evidence of earlier releases."""
    recorded_at: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact of a rule that changed, in words."""

    fact: str
    old: str
    new: str
    looser: bool
    """It is not known to be stricter."""

    def __str__(self) -> str:
        return f"{self.fact} {self.old} -> {self.new}"


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What changed, or would change, in a suite or in an environment's rules."""

    facts: tuple[FactChange, ...]
    looser: bool
    """It is looser, or cannot be shown not to be."""
    prompt_id: str = ""
    suite: str = ""
    environment: str = ""

    @property
    def where(self) -> str:
        """The name of the rule."""
        if self.environment:
            return f"environment {self.environment}"
        return f"suite {self.suite} of {self.prompt_id}"

    def __str__(self) -> str:
        return f"{self.where}: {', '.join(map(str, self.facts))}"


@dataclass(frozen=True, slots=True)
class WaitingRule:
    """A loosened rule that blocks deployments until other people approve it."""

    seq: int
    change: RuleChange
    by: str
    reason: str
    environments: tuple[str, ...]
    """Environments in which it waits."""
    approvals: int
    wanted: int


@dataclass(frozen=True, slots=True)
class GateUse:
    """The cases that an evaluation used."""

    seq: int
    suite: str
    fingerprint: str
    """Fingerprint of the evaluated prompt."""
    has_baseline: bool
    extended: bool
    """A later evaluation extends it, so the two count as one."""
    cases: tuple[str, ...]
    """Digests of the cases; empty in records of 0.1.0, where `case_ids` have to do."""
    questions: tuple[str, ...]
    """Digests of what they ask, where these were recorded."""
    case_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SuiteStatus:
    """How a version stands on one suite."""

    suite: str
    state: State
    reason: str
    evaluation: EvaluationRecord | None = None
    only_by_added: str = ""
    """It passes only with cases that were added and that nobody accepted: a sentence with both
    scores.
    """
    drift_allowed: bool = False
    """DRIFTED, and the environment does not demand the model that answers today."""

    @property
    def tested(self) -> bool:
        """Whether the environment takes it as a pass."""
        return _counts(self.state, self.drift_allowed)


@dataclass(frozen=True, slots=True)
class Status:
    """How a version stands in an environment; `reason` is one sentence."""

    state: State
    reason: str
    score: float | None = None
    """Mean of the headline scorer, a fraction of 1."""
    evaluation: EvaluationRecord | None = None
    suites: tuple[SuiteStatus, ...] = ()
    warnings: tuple[str, ...] = ()
    drift_allowed: bool = False
    """DRIFTED, and the environment does not demand the model that answers today."""

    @property
    def tested(self) -> bool:
        """Whether the evidence lets it go live there."""
        return _counts(self.state, self.drift_allowed)

    @property
    def current(self) -> bool:
        """Whether it is tested, and nothing that was judged drifted since."""
        return self.state is State.TESTED


def _counts(state: State, drift_allowed: bool) -> bool:
    return state is State.TESTED or (state is State.DRIFTED and drift_allowed)


@dataclass(frozen=True, slots=True)
class RollbackPreview:
    """Where a rollback would go; `rollback` goes exactly there, or is refused."""

    prompt_id: str
    environment: str
    from_version: str
    to_version: str
    status: Status
    """Of the version that it goes to."""
    warnings: tuple[str, ...] = ()
    expect: int = 0
    """seq of the live deployment: pass it to `rollback` as `expect`."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One record of the ledger, in words."""

    at: str
    action: str
    """register, evaluate, approve, deploy, rollback, retire, revoke, suite, environment, ..."""
    prompt_id: str
    version: str
    environment: str
    by: str
    reason: str = ""
    previous_version: str | None = None
    override: bool = False
    seq: int = 0
    hash: str = ""
    change: RuleChange | None = None
    """The earlier form of a rule, where one changed."""
    loosened_by: int | None = None
    """seq of the loosened rule without which this deployment would have been refused."""
    compared_with: str | None = None
    """Of a deployment whose evidence compared it with another version than the one it replaced:
    that version, or `nothing`.
    """


@dataclass(frozen=True, slots=True)
class BlameLine:
    """One line of a prompt and the version that introduced it."""

    line: str
    version: str
    author: str
    description: str
    at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A failed check; `seq` is the record, 0 for the file as a whole."""

    seq: int
    where: str
    problem: str


@dataclass(frozen=True, slots=True)
class CheckedPart:
    """One part of an audit: file, triggers, chain, rows, rules, anchors or signatures."""

    name: str
    count: int
    """How many things it checked; for anchors, the lines of this registry."""
    ok: bool | None
    """None when there was nothing to check against: no file of anchors, no key."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The result of an audit."""

    ok: bool
    records: int
    head: str
    findings: tuple[Finding, ...] = ()
    signed: int = 0
    """Records with a signature that was checked with the key."""
    warnings: tuple[str, ...] = field(default=())
    unsigned: int = 0
    """Records without a signature (with a key: by it), from before there was one or of 0.1.0."""
    checked: tuple[CheckedPart, ...] = ()

    @property
    def first_bad(self) -> Finding | None:
        """The earliest record with a finding."""
        return min(self.findings, key=lambda finding: finding.seq, default=None)
