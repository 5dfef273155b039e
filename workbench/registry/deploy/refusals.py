"""Why a version may not go live: each broken rule as a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from workbench.errors import GateRefused, NotInRegistry
from workbench.registry.deploy.approvals import approvals_given, rolled_back_at
from workbench.registry.deploy.approvers import Involved, approvers
from workbench.registry.deploy.consumers import broken_consumers
from workbench.registry.deploy.heads import Request, deployment_at, head_of
from workbench.registry.deploy.rule_approvals import waiting_for
from workbench.registry.deploy.status import evaluators_of, status_of
from workbench.registry.models.deployment_rules import (
    APPROVED,
    CONSUMERS,
    FROZEN,
    PROMOTED,
    RULES_APPROVED,
    TESTED,
    DeploymentRule,
)
from workbench.registry.models.records import State, Status
from workbench.registry.models.values import PromptVersion
from workbench.registry.storage.connection import Connection
from workbench.settings import FRESH, EnvironmentSettings


@dataclass(frozen=True, slots=True)
class Refusal:
    """A broken rule in words, and what satisfies it."""

    rule: DeploymentRule
    text: str
    way_out: str

    def __str__(self) -> str:
        return self.text


def refusals(
    connection: Connection,
    request: Request,
    rules: EnvironmentSettings,
    version: PromptVersion,
) -> list[Refusal]:
    """Every rule of the environment that the deployment breaks."""
    against = []
    if rules.frozen:
        against.append(_refusal(FROZEN, environment=rules.name))
    if rules.promote_from:
        source = head_of(connection, request.prompt_id, rules.promote_from)
        if source is None or not source.live or source.deployment.version != request.version:
            against.append(_refusal(PROMOTED, source=rules.promote_from))
    if rules.approvals:
        count = _approvals(connection, request, version)
        if count < rules.approvals:
            against.append(_refusal(APPROVED, count=count, wanted=rules.approvals))
    for rule in waiting_for(connection, request.prompt_id, request.environment):
        against.append(
            _refusal(
                RULES_APPROVED,
                actor=rule.by,
                change=rule.change,
                reason=rule.reason,
                count=rule.approvals,
                wanted=rule.wanted,
            )
        )
    for consumer, wanted in broken_consumers(connection, version, request.environment):
        against.append(_refusal(CONSUMERS, consumer=consumer, range=wanted))
    if not rules.untested:
        status = status_of(connection, version, request.environment)
        if not status.tested:
            against.append(_refusal(TESTED, state=status.state.value, reason=status.reason))
            if rules.answers == FRESH or status.state is State.DRIFTED:
                against[-1] = replace(against[-1], way_out="evaluate it with --fresh")
        way = "accept the added cases: workbench rules apply --reason TEXT"
        against += [Refusal(TESTED, text, way) for text in _only_by_added(status, rules)]
    return against


def _refusal(rule: DeploymentRule, **words: object) -> Refusal:
    return Refusal(rule, rule.refusal.format(**words), rule.way_out.format(**words))


def _only_by_added(status: Status, rules: EnvironmentSettings) -> list[str]:
    """Where no suite is required, one that passes is enough."""
    passed = [suite for suite in status.suites if suite.tested]
    against = [suite.only_by_added for suite in passed if suite.only_by_added]
    required = rules.requires or any(
        suite.evaluation and not suite.evaluation.evidence.external for suite in passed
    )
    return against if required or len(against) == len(passed) else []


def _approvals(connection: Connection, request: Request, version: PromptVersion) -> int:
    where = request.prompt_id, request.version, request.environment
    evaluators = evaluators_of(connection, version, request.environment)
    involved = Involved(version.author, request.actor, evaluators)
    return len(approvers(approvals_given(connection, *where), involved))


def check_again(connection: Connection, request: Request) -> None:
    """Raises GateRefused for a rolled back version, unless `again` is set with a reason."""
    where = request.prompt_id, request.version, request.environment
    back = rolled_back_at(connection, *where)
    deployed = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM deployments WHERE prompt_id = ? AND version = ?"
        " AND environment = ? AND action = 'deploy'",
        where,
    ).fetchone()[0]
    if back <= deployed or (request.again and request.reason.strip()):
        return
    entry = deployment_at(connection, back)
    why = f": {entry.reason}" if entry.reason else ""
    raise GateRefused(
        f"{request.prompt_id}@{request.version} was rolled back by {entry.deployed_by} at"
        f" {entry.deployed_at}{why}",
        hint="to deploy it all the same: --again with a reason",
    )


def revoked_reason(connection: Connection, version: PromptVersion) -> str:
    """Who revoked it, and why."""
    row = connection.execute(
        "SELECT r.reason, l.actor FROM revocations r JOIN ledger l ON l.seq = r.seq"
        " WHERE r.prompt_id = ? AND r.fingerprint = ?",
        (version.prompt_id, version.fingerprint),
    ).fetchone()
    if row is None:
        raise NotInRegistry(f"{version.ref} is not revoked")
    return f"revoked by {row[1]}: {row[0]}"


def way_out(against: Iterable[Refusal]) -> str:
    """What to do about all of them."""
    ways = dict.fromkeys(refusal.way_out for refusal in against)
    return f"{', '.join(ways)}; or override with a reason (workbench deploy --override)"
