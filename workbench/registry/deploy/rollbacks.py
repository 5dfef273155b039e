"""Rolling back along the chain of what was live before, never forward to what was rolled back.

A deploy pushes its version onto a stack; a rollback pops everything above the deploy that it
returns to. So a deploy is still on the stack exactly when no later rollback of this environment
returned to an earlier one.
"""

from __future__ import annotations

from workbench.errors import RegistryError
from workbench.registry.content.versions import get_version
from workbench.registry.deploy.deployments import check_expected, repeated
from workbench.registry.deploy.environments import environment_named
from workbench.registry.deploy.heads import UNSET, Expected, Head, Request, deployment_at, head_of
from workbench.registry.deploy.status import status_of
from workbench.registry.models.records import RollbackPreview, State
from workbench.registry.models.strictness import MARKS_REVISION
from workbench.registry.models.values import PromptDeployment
from workbench.registry.storage.connection import Connection
from workbench.registry.storage.ledger import Row, Transaction

_UNDERNEATH = """
SELECT d.seq, d.version, d.fingerprint, d.evaluation, d.override,
  EXISTS (SELECT 1 FROM revocations r WHERE r.prompt_id = d.prompt_id
    AND r.fingerprint = d.fingerprint) AS revoked
FROM deployments d
WHERE d.prompt_id = ? AND d.environment = ? AND d.action = 'deploy' AND d.seq <= ?
  AND NOT EXISTS (SELECT 1 FROM deployments b WHERE b.prompt_id = d.prompt_id
    AND b.environment = d.environment AND b.action = 'rollback' AND b.seq > d.seq
    AND b.stands_for < d.seq)
ORDER BY d.seq DESC
"""

_Target = tuple[int, str, str, int | None, int, int]


def preview_rollback(
    connection: Connection, prompt_id: str, environment: str, to: str | None
) -> RollbackPreview:
    """Where `rollback` would go. Raises RegistryError when there is nothing to go back to."""
    head, target, warnings = _plan(connection, prompt_id, environment, to)
    version = get_version(connection, prompt_id, target[1])
    status = status_of(connection, version, environment)
    if status.state is not State.TESTED:
        warnings.append(f"{version.version} is {status.state.value} now: {status.reason}")
    if environment_named(connection, environment).frozen:
        warnings.append(f"{environment} is frozen; going back is allowed all the same")
    return RollbackPreview(
        prompt_id=prompt_id,
        environment=environment,
        from_version=head.deployment.version,
        to_version=version.version,
        status=status,
        warnings=tuple(warnings),
        expect=head.deployment.seq,
    )


def rollback(
    transaction: Transaction,
    prompt_id: str,
    environment: str,
    actor: str,
    *,
    reason: str = "",
    to: str | None = None,
    expect: Expected = UNSET,
    request_id: str | None = None,
) -> PromptDeployment:
    """Roll back, also to stale evidence, never to a revoked version. Raises RegistryError when
    there is nothing to go back to, StaleHead when somebody else deployed meanwhile.
    """
    connection = transaction.connection
    wanted = Request(prompt_id, to or "", environment, actor)
    done = repeated(connection, request_id, wanted, "rollback")
    if done:
        return done
    preview_head = head_of(connection, prompt_id, environment)
    if not (preview_head and not preview_head.live and expect == preview_head.deployment.seq):
        check_expected(connection, expect, preview_head, None)
    head, target, _ = _plan(connection, prompt_id, environment, to)
    seq, version, fingerprint, evaluation, *_ = target
    status = status_of(connection, get_version(connection, prompt_id, version), environment)
    row: Row = {
        "prompt_id": prompt_id,
        "environment": environment,
        "action": "rollback",
        "version": version,
        "fingerprint": fingerprint,
        "previous_seq": head.deployment.seq,
        "previous_version": head.deployment.version if head.live else None,
        "stands_for": seq,
        "evaluation": evaluation,
        "override": 0,
        "again": 0,
        "stale": int(not status.tested),
        "reason": reason,
        "request_id": request_id,
        "revision": MARKS_REVISION,
    }
    done_seq, _ = transaction.append("deployment", actor, row)
    return deployment_at(connection, done_seq)


def _plan(
    connection: Connection, prompt_id: str, environment: str, to: str | None
) -> tuple[Head, _Target, list[str]]:
    environment_named(connection, environment)
    head = head_of(connection, prompt_id, environment)
    if head is None:
        raise RegistryError(
            f"No previous version of {prompt_id} in {environment}: nothing was ever live there",
            hint="see workbench log",
        )
    # After a retirement a rollback restores what was retired, else what was live before.
    below = head.stands_for if not head.live else head.stands_for - 1
    targets: list[_Target] = connection.execute(
        _UNDERNEATH, (prompt_id, environment, below)
    ).fetchall()
    if to is not None:
        return _chosen(connection, head, targets, to)
    target = next((t for t in targets if not t[5]), None)
    if target is None:
        skipped = ", ".join(t[1] for t in targets)
        raise RegistryError(
            f"No previous version of {prompt_id} in {environment} to go back to"
            + (f": {skipped} is revoked" if skipped else ""),
            hint="deploy another version, or retire it",
        )
    passed_over = targets[: targets.index(target)]
    warnings = [f"{t[1]} is passed over: it is revoked" for t in passed_over]
    return head, target, warnings + _override_warning(target)


def _chosen(
    connection: Connection, head: Head, targets: list[_Target], to: str
) -> tuple[Head, _Target, list[str]]:
    entry = head.deployment
    version = get_version(connection, entry.prompt_id, to)
    if version.revoked:
        raise RegistryError(f"{version.ref} is revoked and cannot go live", hint="choose another")
    if head.live and to == entry.version:
        raise RegistryError(
            f"{version.ref} is live in {entry.environment} already", hint="nothing to do"
        )
    target = next((t for t in targets if t[1] == to), None)
    if target is None:
        known = ", ".join(dict.fromkeys(t[1] for t in targets if not t[5])) or "nothing"
        raise RegistryError(
            f"{version.ref} was not live in {entry.environment} before {entry.version}",
            hint=f"can go back to {known}; a version that was rolled back is deployed --again",
        )
    return head, target, _override_warning(target)


def _override_warning(target: _Target) -> list[str]:
    return [f"{target[1]} went live by an override"] if target[4] else []
