"""The lineage of what a REF names."""

from __future__ import annotations

from workbench.actions.proving.today import differences_today
from workbench.actions.refs import version_named
from workbench.actions.session import Session
from workbench.errors import NotFound
from workbench.lineage.lineage import lineage_of
from workbench.lineage.upstream import newest_by_suite
from workbench.lineage.values import Lineage


def lineage(session: Session, ref: str) -> Lineage:
    """The lineage of `prompt_id@1.2.0`, of what is live in `prompt_id@production`, or of the newest
    version of `prompt_id`, and what differs today from what was judged. Raises NotFound.
    """
    registry = session.registry
    prompt_id, _, where = ref.partition("@")
    if where:
        version = version_named(registry, prompt_id, where)
    else:
        versions = registry.versions(prompt_id)
        if not versions:
            raise NotFound(f"no version of {prompt_id!r}", hint=f"workbench register {prompt_id}")
        version = versions[0]
    records = newest_by_suite(registry.evaluations(prompt_id), version.fingerprint)
    today = (
        difference
        for record in records or (None,)
        for difference in differences_today(session, version, record)
    )
    return lineage_of(registry, prompt_id, version.version).compared(tuple(dict.fromkeys(today)))
