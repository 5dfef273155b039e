"""What was live in an environment over a time: since when, on which evidence, by whom, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from workbench.errors import NotInRegistry
from workbench.lineage.upstream import (
    evidence_node,
    newest_by_suite,
    prompt_nodes,
    version_node,
)
from workbench.lineage.values import Node
from workbench.registry import LogEntry, PromptRegistry, PromptVersion
from workbench.suggestions import did_you_mean

BEGINNING = "1970-01-01T00:00:00.000000Z"
"""Where a span begins that has no beginning of its own."""
_MAKES_LIVE = ("deploy", "rollback")
_ENDS = (*_MAKES_LIVE, "retire")
_BESIDE = ("approve", "observe", "revoke", "loosen", "suite", "environment", "approve_rule")
"""Actions of the log that are listed beside the deployments."""


@dataclass(frozen=True, slots=True)
class Period:
    """One version live in the environment from `start` on; `end` is empty while it still is."""

    start: str
    end: str
    node: Node
    previous: PromptVersion | None
    """The version that was live before, for the difference."""
    version: PromptVersion

    def covers(self, moment: str) -> bool:
        """Whether it was live at that time, ISO 8601 in UTC."""
        return self.start <= moment and (not self.end or moment < self.end)


@dataclass(frozen=True, slots=True)
class Audit:
    """The periods that touch a span of time, oldest first, and what else was recorded in it."""

    prompt_id: str
    environment: str
    since: str
    until: str
    periods: tuple[Period, ...]
    beside: tuple[Node, ...]
    head: str
    """Hash of the ledger's newest record: `workbench verify --head` finds it in the chain."""
    records: int
    problems: tuple[str, ...]
    """What `verify` finds wrong with the registry today."""

    def content(self) -> dict[str, Any]:
        """As plain JSON values."""
        return {
            "prompt_id": self.prompt_id,
            "environment": self.environment,
            "from": self.since,
            "to": self.until,
            "live": [
                {"from": each.start, "to": each.end or None, **each.node.content()}
                for each in self.periods
            ],
            "recorded": [node.content() for node in self.beside],
            "ledger": {
                "head": self.head,
                "records": self.records,
                "holds": not self.problems,
                "problems": list(self.problems),
            },
        }


def audit_of(
    registry: PromptRegistry, prompt_id: str, environment: str, since: str, until: str
) -> Audit:
    """The audit of a span of time; both ends are ISO 8601 in UTC. Walks the whole ledger, as
    `verify` does. Raises NotInRegistry for an unknown prompt or environment.
    """
    known = [settings.name for settings in registry.environments()]
    if environment not in known:
        hint = did_you_mean(environment, known)
        raise NotInRegistry(f"no environment {environment!r}", hint=hint)
    if not registry.versions(prompt_id):
        registry.get_version(prompt_id, "")  # raises, with the nearest name
    history = registry.history(prompt_id, environment)[::-1]
    report = registry.verify()
    return Audit(
        prompt_id,
        environment,
        since,
        until,
        tuple(
            period
            for period in _periods(registry, history, prompt_id)
            if period.start <= until and (not period.end or period.end > since)
        ),
        tuple(
            _entry_node(entry)
            for entry in history
            if entry.action in _BESIDE and since <= entry.at <= until
        ),
        report.head,
        report.records,
        tuple(
            f"record {finding.seq}, {finding.where}: {finding.problem}"
            for finding in report.findings
        ),
    )


def _periods(
    registry: PromptRegistry, history: Sequence[LogEntry], prompt_id: str
) -> Iterator[Period]:
    evaluations = registry.evaluations(prompt_id, scores=False)
    digests = {entry.seq: entry.hash for entry in registry.history(prompt_id)}
    changes = [entry for entry in history if entry.action in _ENDS]
    for entry, following in zip_longest(changes, changes[1:]):
        if entry.action not in _MAKES_LIVE:
            continue
        version = registry.get_version(prompt_id, entry.version)
        evidence = [
            evidence_node(record, registry.judged_by(record.seq), digests.get(record.seq, ""))
            for record in newest_by_suite(evaluations, version.fingerprint, entry.seq)
        ]
        approvals = [_entry_node(other) for other in history if _approves(other, entry)]
        previous = entry.previous_version
        yield Period(
            entry.at,
            following.at if following else "",
            _live_node(entry, version, [*evidence, *approvals]),
            registry.get_version(prompt_id, previous) if previous else None,
            version,
        )


def _live_node(entry: LogEntry, version: PromptVersion, grounds: Sequence[Node]) -> Node:
    """The version as it was made live, with the evidence and approvals of that time."""
    marks = [
        "OVERRIDE: without the evidence that the rules ask for" if entry.override else "",
        f"allowed by loosened rules, record {entry.loosened_by}" if entry.loosened_by else "",
        f"its evidence compares it with {entry.compared_with}" if entry.compared_with else "",
    ]
    return Node(
        "live",
        version.ref,
        version.fingerprint,
        entry.reason,
        entry.at,
        entry.by,
        "; ".join(mark for mark in marks if mark),
        (
            Node("record", str(entry.seq), entry.hash, entry.action, entry.at, entry.by),
            version_node(version),
            *prompt_nodes(version.prompt),
            *grounds,
        ),
    )


def _approves(other: LogEntry, entry: LogEntry) -> bool:
    return other.action == "approve" and other.version == entry.version and other.seq < entry.seq


def _entry_node(entry: LogEntry) -> Node:
    changed = str(entry.change) if entry.change else ""
    detail = " · ".join(part for part in (changed, entry.reason) if part)
    name = entry.version or entry.environment or entry.prompt_id
    return Node(entry.action, name, entry.hash, detail, entry.at, entry.by)
