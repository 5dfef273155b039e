"""The lineage of what a REF names."""

from __future__ import annotations

from workbench.actions.refs import version_named
from workbench.errors import NotFound
from workbench.lineage.lineage import lineage_of
from workbench.lineage.values import Lineage
from workbench.registry import PromptRegistry


def lineage(registry: PromptRegistry, ref: str) -> Lineage:
    """The lineage of `prompt_id@1.2.0`, of what is live in `prompt_id@production`, or of the newest
    version of `prompt_id`. Raises NotFound.
    """
    prompt_id, _, where = ref.partition("@")
    if where:
        version = version_named(registry, prompt_id, where).version
    else:
        versions = registry.versions(prompt_id)
        if not versions:
            raise NotFound(f"no version of {prompt_id!r}", hint=f"workbench register {prompt_id}")
        version = versions[0].version
    return lineage_of(registry, prompt_id, version)
