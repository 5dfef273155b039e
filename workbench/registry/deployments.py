"""What is live where, and how it got there: deploy, retire, revoke, approve.

The triggers hold the rules; the checks here come first only to say precisely what is missing.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.errors import GateRefused, NotInRegistry, RegistryError, StaleHead
from workbench.registry.consumers import broken_consumers
from workbench.registry.environments import environment_named
from workbench.registry.people import actor_named
from workbench.registry.records import State
from workbench.registry.tested import accepted_evaluation, status_of
from workbench.registry.values import PromptDeployment, PromptVersion
from workbench.registry.versions import difference, get_version
from workbench.registry.writing import Row, Transaction
from workbench.settings import EnvironmentSettings


class Unset:
    """The default of `expect`: whatever is live now."""


UNSET: Final = Unset()

Expected = str | int | None | Unset
"""What the deployer saw live: a version, a deployment's seq, None for nothing."""

_SELECT = """
SELECT d.prompt_id, d.version, d.environment, l.at, l.actor, d.previous_version, d.seq, d.action,
  d.reason, d.override, d.stale, d.stands_for, d.fingerprint, d.evaluation
FROM deployments d JOIN ledger l ON l.seq = d.seq
"""
_VALUE_COLUMNS = 11


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry of a prompt's history in an environment."""

    deployment: PromptDeployment
    stands_for: int
    """seq of the deploy that put this content there."""
    fingerprint: str
    evaluation: int | None

    @property
    def live(self) -> bool:
        return self.deployment.action != "retire"


@dataclass(frozen=True, slots=True)
class Request:
    """One wish to deploy."""

    prompt_id: str
    version: str
    environment: str
    actor: str
    reason: str = ""
    expect: Expected = UNSET
    request_id: str | None = None
    override: bool = False
    again: bool = False


def head_of(connection: sqlite3.Connection, prompt_id: str, environment: str) -> Head | None:
    """The newest entry, retired or live; None when there never was one."""
    row = connection.execute(
        _SELECT + " WHERE d.prompt_id = ? AND d.environment = ? ORDER BY d.seq DESC LIMIT 1",
        (prompt_id, environment),
    ).fetchone()
    return None if row is None else head_from(row)


def head_from(row: Sequence[Any]) -> Head:
    """A Head from a row of SELECT."""
    return Head(_deployment(row), row[11], row[12], row[13])


def live(connection: sqlite3.Connection, prompt_id: str | None) -> list[PromptDeployment]:
    """What is live, one entry a prompt and environment; retired ones are left out."""
    rows = connection.execute(
        _SELECT + " WHERE d.seq IN (SELECT h.seq FROM heads h WHERE h.action <> 'retire')"
        " AND (? IS NULL OR d.prompt_id = ?) ORDER BY d.prompt_id, d.environment",
        (prompt_id, prompt_id),
    ).fetchall()
    return [_deployment(row) for row in rows]


def deploy(transaction: Transaction, request: Request) -> PromptDeployment:
    """Make a version live. What is live already, or was asked for before, is not done twice.

    Raises GateRefused with what is missing, StaleHead when somebody was faster.
    """
    connection = transaction.connection
    done = repeated(connection, request.request_id, request)
    if done:
        return done
    rules = environment_named(connection, request.environment)
    version = get_version(connection, request.prompt_id, request.version)
    head = head_of(connection, request.prompt_id, request.environment)
    check_expected(connection, request.expect, head, version)
    if version.revoked:
        raise GateRefused(
            f"{version.ref} cannot go live: {_revoked_reason(connection, version)}",
            hint="register a corrected version",
        )
    if head and head.live and head.deployment.version == request.version:
        return head.deployment
    _check_again(connection, request)
    refusals = _refusals(connection, request, rules, version)
    if refusals and not request.override:
        raise GateRefused(
            f"{version.ref} cannot go to {request.environment}: {'; '.join(refusals)}",
            hint=_way_out(rules),
        )
    if refusals and not request.reason.strip():
        raise GateRefused(
            f"an override needs a reason: {'; '.join(refusals)}", hint="give it with --reason"
        )
    row: Row = {
        "prompt_id": request.prompt_id,
        "environment": request.environment,
        "action": "deploy",
        "version": request.version,
        "fingerprint": version.fingerprint,
        "previous_seq": head.deployment.seq if head else None,
        "previous_version": head.deployment.version if head and head.live else None,
        "evaluation": accepted_evaluation(connection, version, request.environment),
        "override": int(bool(refusals)),
        "again": int(request.again),
        "stale": 0,
        "reason": request.reason,
        "request_id": request.request_id,
    }
    seq, _ = transaction.append("deployment", request.actor, row, own_seq="stands_for")
    return deployment_at(connection, seq)


def deployment_at(connection: sqlite3.Connection, seq: int) -> PromptDeployment:
    """The entry with that seq."""
    row = connection.execute(_SELECT + " WHERE d.seq = ?", (seq,)).fetchone()
    return _deployment(row)


def repeated(
    connection: sqlite3.Connection, request_id: str | None, wanted: Request, action: str = "deploy"
) -> PromptDeployment | None:
    """What this request did before, if it was made before.

    Raises RegistryError when the same id was used for something else.
    """
    if request_id is None:
        return None
    row = connection.execute(_SELECT + " WHERE d.request_id = ?", (request_id,)).fetchone()
    if row is None:
        return None
    done = _deployment(row)
    same = (done.prompt_id, done.environment, done.action) == (
        wanted.prompt_id,
        wanted.environment,
        action,
    )
    if not same or (wanted.version and done.version != wanted.version):
        raise RegistryError(
            f"the request {request_id!r} was used before, for {done.action} of {done.ref} in"
            f" {done.environment}",
            hint="use a new id for a new request",
        )
    return done


def check_expected(
    connection: sqlite3.Connection, expect: Expected, head: Head | None, new: PromptVersion | None
) -> None:
    """Raises StaleHead, with who, what and the difference, unless what was seen is still live."""
    if isinstance(expect, Unset):
        return
    current = head.deployment if head and head.live else None
    if isinstance(expect, int):
        seen_now = current is not None and current.seq == expect
    else:
        seen_now = expect == (current.version if current else None)
    if seen_now:
        return
    if head is None:
        raise StaleHead(f"nothing is live, but {expect} was seen live", hint="look again")
    entry = head.deployment
    lines: tuple[str, ...] = ()
    if current and new is not None:
        old = get_version(connection, entry.prompt_id, entry.version)
        lines = difference(old.content, new.content)
    did = {"deploy": "deployed", "rollback": "rolled back to", "retire": "retired"}[entry.action]
    raise StaleHead(
        f"{entry.deployed_by} {did} {entry.ref} in {entry.environment} at {entry.deployed_at},"
        " after you looked",
        hint="look at the difference and confirm again",
        diff=lines,
    )


def retire(
    transaction: Transaction, prompt_id: str, environment: str, actor: str, reason: str
) -> PromptDeployment:
    """Take what is live out of an environment."""
    environment_named(transaction.connection, environment)
    head = head_of(transaction.connection, prompt_id, environment)
    if head is None or not head.live:
        raise RegistryError(
            f"nothing of {prompt_id} is live in {environment}", hint="see workbench log"
        )
    if not reason.strip():
        raise RegistryError("retiring needs a reason", hint="give it with --reason")
    row: Row = {
        "prompt_id": prompt_id,
        "environment": environment,
        "action": "retire",
        "version": head.deployment.version,
        "fingerprint": head.fingerprint,
        "previous_seq": head.deployment.seq,
        "previous_version": head.deployment.version,
        "stands_for": head.stands_for,
        "evaluation": None,
        "override": 0,
        "again": 0,
        "stale": 0,
        "reason": reason,
        "request_id": None,
    }
    seq, _ = transaction.append("deployment", actor, row)
    return deployment_at(transaction.connection, seq)


def revoke(transaction: Transaction, prompt_id: str, version: str, actor: str, reason: str) -> None:
    """Never let a version go live again. Where it is live, readers get it with a flag."""
    found = get_version(transaction.connection, prompt_id, version)
    if found.revoked:
        raise RegistryError(f"{found.ref} is revoked already", hint="nothing to do")
    if not reason.strip():
        raise RegistryError("revoking needs a reason", hint="give it with --reason")
    transaction.append("revocation", actor, _about(found) | {"reason": reason})


def approve(
    transaction: Transaction,
    prompt_id: str,
    version: str,
    environment: str,
    actor: str,
    reason: str,
) -> None:
    """A second person's word for a version in an environment."""
    environment_named(transaction.connection, environment)
    found = get_version(transaction.connection, prompt_id, version)
    if actor_named(found.author) == actor:
        raise RegistryError(
            f"{actor} wrote {found.ref} and cannot approve it", hint="ask somebody else"
        )
    transaction.append(
        "approval", actor, _about(found) | {"environment": environment, "reason": reason}
    )


def _about(version: PromptVersion) -> dict[str, str]:
    return {
        "prompt_id": version.prompt_id,
        "version": version.version,
        "fingerprint": version.fingerprint,
    }


def _deployment(row: Sequence[Any]) -> PromptDeployment:
    prompt_id, version, environment, at, by, previous, seq, action, reason, override, stale = row[
        :_VALUE_COLUMNS
    ]
    return PromptDeployment(
        prompt_id, version, environment, at, by, previous, seq, action, reason, bool(override),
        bool(stale),
    )  # fmt: skip


def _refusals(
    connection: sqlite3.Connection,
    request: Request,
    rules: EnvironmentSettings,
    version: PromptVersion,
) -> list[str]:
    """Every rule of the environment that speaks against it, as sentences."""
    found = []
    if rules.frozen:
        found.append(f"{rules.name} is frozen")
    if rules.promote_from:
        source = head_of(connection, request.prompt_id, rules.promote_from)
        if source is None or not source.live or source.deployment.version != request.version:
            found.append(f"it is not live in {rules.promote_from}, where it must be first")
    if rules.approvals:
        count = _approvals(connection, request, version)
        if count < rules.approvals:
            found.append(f"{count} of {rules.approvals} approvals by other people")
    for consumer, wanted in broken_consumers(connection, version, request.environment):
        found.append(f"{consumer} reads it and needs {wanted}")
    if not rules.untested:
        status = status_of(connection, version, request.environment)
        if status.state is not State.TESTED:
            found.append(f"{status.state.value}: {status.reason}")
    return found


def _approvals(connection: sqlite3.Connection, request: Request, version: PromptVersion) -> int:
    row = connection.execute(
        "SELECT count(DISTINCT l.actor) FROM approvals a JOIN ledger l ON l.seq = a.seq"
        " WHERE a.prompt_id = ? AND a.version = ? AND a.environment = ?"
        " AND l.actor NOT IN (?, ?) AND a.seq > ?",
        (
            request.prompt_id,
            request.version,
            request.environment,
            request.actor,
            version.author,
            _rolled_back_at(connection, request),
        ),
    ).fetchone()
    return int(row[0])


def _check_again(connection: sqlite3.Connection, request: Request) -> None:
    back = _rolled_back_at(connection, request)
    deployed = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND version = ? AND action = 'deploy'",
        (request.prompt_id, request.environment, request.version),
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


def _rolled_back_at(connection: sqlite3.Connection, request: Request) -> int:
    row = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM deployments WHERE prompt_id = ? AND environment = ?"
        " AND previous_version = ? AND action = 'rollback'",
        (request.prompt_id, request.environment, request.version),
    ).fetchone()
    return int(row[0])


def _revoked_reason(connection: sqlite3.Connection, version: PromptVersion) -> str:
    row = connection.execute(
        "SELECT r.reason, l.actor FROM revocations r JOIN ledger l ON l.seq = r.seq"
        " WHERE r.prompt_id = ? AND r.version = ?",
        (version.prompt_id, version.version),
    ).fetchone()
    if row is None:
        raise NotInRegistry(f"{version.ref} is not revoked")
    return f"revoked by {row[1]}: {row[0]}"


def _way_out(rules: EnvironmentSettings) -> str:
    if rules.frozen:
        return "wait for the thaw, or override with a reason"
    return "evaluate it, or override with a reason"
