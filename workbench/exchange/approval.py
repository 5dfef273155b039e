"""Whether a version may leave: tested, live by a recorded decision, or forced with a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from workbench.errors import GateRefused
from workbench.registry import PromptDeployment, PromptRegistry, PromptVersion, State, Status


@dataclass(frozen=True)
class Approved:
    """A version that may leave, with what the registry says of it."""

    version: PromptVersion
    environment: str
    status: Status
    live: tuple[PromptDeployment, ...]
    """Where it is live."""
    reason: str = ""
    """Why it leaves although it is not tested; empty for a tested one."""


def approved(
    registry: PromptRegistry,
    prompt_id: str,
    version: str,
    environment: str = "production",
    *,
    force_reason: str = "",
) -> Approved:
    """The version with its status.

    Raises GateRefused when it is neither tested nor live there by a decision of its gate, and no
    reason to force it is given. A revoked version never leaves.
    """
    described = describe(registry, prompt_id, version, environment)
    registered, status, live = described.version, described.status, described.live
    if status.state is State.REVOKED:
        raise GateRefused(f"{registered.ref} never leaves: {status.reason}", hint="export another")
    reason = ""
    if not status.tested:
        here = next((d for d in live if d.environment == environment), None)
        reason = force_reason.strip() or (_reason_of(registry, here) if here else "")
        if not reason:
            raise GateRefused(
                f"{registered.ref} is not approved for {environment}: {status.state.value},"
                f" {status.reason}",
                hint="evaluate it first, or --force --reason TEXT",
            )
    return replace(described, reason=reason)


def describe(registry: PromptRegistry, prompt_id: str, version: str, environment: str) -> Approved:
    """What the registry says of a version, whether or not it may leave: to compare, not to send."""
    registered = registry.get_version(prompt_id, version)
    status = registry.status(prompt_id, version, environment)
    live = tuple(d for d in registry.live(prompt_id) if d.version == version)
    return Approved(registered, environment, status, live)


def _reason_of(registry: PromptRegistry, here: PromptDeployment) -> str:
    """The decision by which an untested version is live; none where nothing was asked of it."""
    if here.override:
        return f"deployed past the gate: {here.reason}"
    if here.stale:
        return "rolled back to a version that passed once"
    rules = next(e for e in registry.environments() if e.name == here.environment)
    return "" if rules.untested else f"it was tested when it was deployed at {here.deployed_at}"
