"""Say of a version that it must never go live again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.actions.session import Session
from workbench.errors import RegistryError

if TYPE_CHECKING:
    from workbench.registry import PromptDeployment, PromptVersion


@dataclass(frozen=True, slots=True)
class RevokePreview:
    """A version, and where it matters that it is revoked."""

    version: PromptVersion
    live: tuple[PromptDeployment, ...]
    """Where it is live now. A revocation changes nothing there."""
    back: Mapping[str, str]
    """By environment, where a rollback would go now; without those that have nowhere to go."""

    @property
    def way_back(self) -> tuple[str, ...]:
        """The environments that a rollback would bring this version back to."""
        return tuple(name for name, to in self.back.items() if to == self.version.version)


def preview(session: Session, prompt_id: str, version: str) -> RevokePreview:
    """What `revoke` would concern. Raises RegistryError when it is revoked already."""
    registry = session.registry
    found = registry.get_version(prompt_id, version)
    if found.revoked:
        raise RegistryError(f"{found.ref} is revoked already", hint="nothing to do")
    back: dict[str, str] = {}
    for environment in registry.environments():
        try:
            plan = registry.preview_rollback(prompt_id, environment.name)
        except RegistryError:
            continue  # nothing was ever live there, or nothing else before it
        back[environment.name] = plan.to_version
    live = tuple(d for d in registry.live(prompt_id) if d.version == found.version)
    return RevokePreview(found, live, back)


def revoke(session: Session, prompt_id: str, version: str, reason: str) -> tuple[str, ...]:
    """No deploy, override or rollback makes it live again, and nothing takes that back.

    Gives the environments where it is live still: they keep it, and readers see it marked, until
    something else is deployed. Raises RegistryError without a reason or a second time.
    """
    registry = session.registry
    registry.revoke(prompt_id, version, session.author, reason=reason)
    wanted = registry.get_version(prompt_id, version).version
    return tuple(d.environment for d in registry.live(prompt_id) if d.version == wanted)
