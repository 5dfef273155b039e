"""Revokes a version: it can never go live again."""

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
    """A version, and the environments that its revocation affects."""

    version: PromptVersion
    live: tuple[PromptDeployment, ...]
    """Where it is live. A revocation does not change that."""
    back: Mapping[str, str]
    """Target version of a rollback by environment; only environments that can be rolled back."""

    @property
    def way_back(self) -> tuple[str, ...]:
        """The environments where a rollback would restore this version."""
        return tuple(name for name, to in self.back.items() if to == self.version.version)


def preview(session: Session, prompt_id: str, version: str) -> RevokePreview:
    """What `revoke` would affect. Raises RegistryError when it is revoked already."""
    registry = session.registry
    stored = registry.get_version(prompt_id, version)
    if stored.revoked:
        raise RegistryError(f"{stored.ref} is revoked already", hint="nothing to do")
    back: dict[str, str] = {}
    for environment in registry.environments():
        try:
            plan = registry.preview_rollback(prompt_id, environment.name)
        except RegistryError:
            continue  # no earlier deployment to go back to
        back[environment.name] = plan.to_version
    live = tuple(d for d in registry.live(prompt_id) if d.version == stored.version)
    return RevokePreview(stored, live, back)


def revoke(session: Session, prompt_id: str, version: str, reason: str) -> tuple[str, ...]:
    """Revoke a version: no deployment, override or rollback can make it live again. Irreversible.

    Returns the environments where it is still live: they keep it, marked for readers, until
    another version is deployed. Raises RegistryError without a reason or the second time.
    """
    registry = session.registry
    registry.revoke(prompt_id, version, session.author, reason=reason)
    number = registry.get_version(prompt_id, version).version
    return tuple(d.environment for d in registry.live(prompt_id) if d.version == number)
