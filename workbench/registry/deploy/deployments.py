"""Deploying, retiring, revoking and approving versions.

The triggers enforce the rules; the checks here run first to name everything that is missing.
"""

# All SQL is put together from this package's own constants; values are bound.
# ruff: noqa: S608
from __future__ import annotations

import json
from collections.abc import Iterable

from workbench.errors import GateRefused, RegistryError, StaleHead
from workbench.prompts.values import Model
from workbench.registry.content.versions import difference, get_version
from workbench.registry.deploy.approvers import Involved, may_not_approve
from workbench.registry.deploy.environments import environment_named
from workbench.registry.deploy.heads import (
    SELECT,
    Expected,
    Head,
    Request,
    Unset,
    deployment_at,
    deployment_from,
    head_of,
)
from workbench.registry.deploy.loosened import ProposedDeployment, loosened_by
from workbench.registry.deploy.refusals import (
    Refusal,
    check_again,
    refusals,
    revoked_reason,
    way_out,
)
from workbench.registry.deploy.status import accepted_evaluations, evaluators_of
from workbench.registry.models.actors import RULES, can_be_seen
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.models.values import PromptDeployment, PromptVersion
from workbench.registry.storage import clock
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Row, Transaction


def live_models(connection: Connection) -> list[tuple[str, str, str, Model]]:
    """Prompt, version, environment and model of each live version that names a model."""
    rows = connection.execute("SELECT prompt_id, version, environment, body FROM active_prompts")
    models = []
    for prompt_id, version, environment, body in rows:
        model = json.loads(body).get("model") if body else None
        if model:
            held = Model(str(model["id"]), str(model.get("provider", "")))
            models.append((str(prompt_id), str(version), str(environment), held))
    return models


def live(
    connection: Connection, prompt_id: str | None, *, revoked: bool = False
) -> list[PromptDeployment]:
    """The live deployments, one per prompt and environment, without retired ones. `revoked`: only
    those of revoked versions.
    """
    of_prompt = "WHERE x.prompt_id = :prompt" if prompt_id is not None else ""
    only_revoked = (
        " AND EXISTS (SELECT 1 FROM revocations r"
        " WHERE r.prompt_id = d.prompt_id AND r.fingerprint = d.fingerprint)"
        if revoked
        else ""
    )
    rows = connection.execute(
        f"{SELECT} WHERE d.action <> 'retire' AND d.seq IN (SELECT max(x.seq)"
        f" FROM deployments x {of_prompt} GROUP BY x.prompt_id, x.environment)"
        f"{only_revoked} ORDER BY d.prompt_id, d.environment",
        {"prompt": prompt_id},
    ).fetchall()
    return [deployment_from(row) for row in rows]


def deploy(transaction: Transaction, request: Request) -> PromptDeployment:
    """Make a version live. A version that is live, or a request that was done, is not deployed
    twice.

    Raises GateRefused with everything that is missing, StaleHead when somebody else deployed
    meanwhile.
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
            f"{version.ref} cannot go live: {revoked_reason(connection, version)}",
            hint="register a corrected version",
        )
    if head and head.live and head.deployment.version == request.version:
        return head.deployment
    check_again(connection, request)
    against = refusals(connection, request, rules, version)
    if against and not request.override:
        raise GateRefused(
            f"{version.ref} cannot go to {request.environment}: {_joined(against)}",
            hint=way_out(against),
        )
    if against and not can_be_seen(request.reason):
        raise GateRefused(
            f"an override needs a reason: {_joined(against)}", hint="give it with --reason"
        )
    accepted = accepted_evaluations(connection, version, request.environment)
    row: Row = {
        "prompt_id": request.prompt_id,
        "environment": request.environment,
        "action": "deploy",
        "version": request.version,
        "fingerprint": version.fingerprint,
        "previous_seq": head.deployment.seq if head else None,
        "previous_version": head.deployment.version if head and head.live else None,
        "evaluation": accepted[0][0] if accepted else None,
        "override": int(bool(against)),
        "again": int(request.again),
        "stale": 0,
        "reason": request.reason,
        "request_id": request.request_id,
        "loosened_by": None
        if against
        else loosened_by(connection, _proposed(transaction, request, version)),
        "revision": MARKS_REVISION,
    }
    seq, _ = transaction.append("deployment", request.actor, row, own_seq="stands_for")
    return deployment_at(connection, seq)


def _proposed(
    transaction: Transaction, request: Request, version: PromptVersion
) -> ProposedDeployment:
    last, _, before = transaction.head()
    return ProposedDeployment(
        prompt_id=request.prompt_id,
        version=request.version,
        fingerprint=version.fingerprint,
        author=version.author,
        environment=request.environment,
        actor=request.actor,
        seq=last + 1,
        at=max(clock.now(), before),
    )


def _joined(against: Iterable[Refusal]) -> str:
    return "; ".join(refusal.text for refusal in against)


def repeated(
    connection: Connection, request_id: str | None, wanted: Request, action: str = "deploy"
) -> PromptDeployment | None:
    """The deployment that this request made before, if any.

    Raises RegistryError when the id was used for another request.
    """
    if request_id is None:
        return None
    row = connection.execute(SELECT + " WHERE d.request_id = ?", (request_id,)).fetchone()
    if row is None:
        return None
    done = deployment_from(row)
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
    connection: Connection, expect: Expected, head: Head | None, new: PromptVersion | None
) -> None:
    """Raises StaleHead, with actor and difference, unless what the deployer saw is still live."""
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
    """Take the live version out of an environment. Raises RegistryError without a reason, or when
    nothing is live.
    """
    environment_named(transaction.connection, environment)
    head = head_of(transaction.connection, prompt_id, environment)
    if head is None or not head.live:
        raise RegistryError(
            f"nothing of {prompt_id} is live in {environment}", hint="see workbench log"
        )
    if not can_be_seen(reason):
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
        "revision": MARKS_REVISION,
    }
    seq, _ = transaction.append("deployment", actor, row)
    return deployment_at(transaction.connection, seq)


def revoke(transaction: Transaction, prompt_id: str, version: str, actor: str, reason: str) -> None:
    """Forbid a version for ever. Where it is live, readers get it with a flag. Raises
    RegistryError.
    """
    registered = get_version(transaction.connection, prompt_id, version)
    if registered.revoked:
        raise RegistryError(f"{registered.ref} is revoked already", hint="nothing to do")
    if not can_be_seen(reason):
        raise RegistryError("revoking needs a reason", hint="give it with --reason")
    transaction.append("revocation", actor, _about(registered) | {"reason": reason})


def approve(
    transaction: Transaction,
    prompt_id: str,
    version: str,
    environment: str,
    actor: str,
    reason: str,
) -> None:
    """Record the approval of a version in an environment. Raises RegistryError for somebody who is
    involved in it.
    """
    environment_named(transaction.connection, environment)
    registered = get_version(transaction.connection, prompt_id, version)
    evaluators = evaluators_of(transaction.connection, registered, environment)
    why = may_not_approve(actor, Involved(registered.author, evaluators=evaluators))
    if why:
        raise RegistryError(
            f"{actor} {why.format(registered.ref)} and cannot approve it", hint="ask somebody else"
        )
    row: Row = {**_about(registered), "environment": environment, "reason": reason, "rules": RULES}
    transaction.append("approval", actor, row)


def _about(version: PromptVersion) -> dict[str, str]:
    return {
        "prompt_id": version.prompt_id,
        "version": version.version,
        "fingerprint": version.fingerprint,
    }
