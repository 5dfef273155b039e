"""Whether a version may leave: approved is what is live in an environment, or tested for it."""

from __future__ import annotations

from dataclasses import dataclass

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


def approved(
    registry: PromptRegistry, prompt_id: str, version: str, environment: str = "production"
) -> Approved:
    """The version with its status. Raises GateRefused when it is neither live there nor tested."""
    approved_version = registry.get_version(prompt_id, version)
    status = registry.status(prompt_id, version, environment)
    live = tuple(d for d in registry.live(prompt_id) if d.version == version)
    is_live_here = any(d.environment == environment for d in live)
    if status.state is State.REVOKED or (status.state is not State.TESTED and not is_live_here):
        raise GateRefused(
            f"{approved_version.ref} is not approved for {environment}: {status.state.value},"
            f" {status.reason}",
            hint="evaluate it first",
        )
    return Approved(approved_version, environment, status, live)
