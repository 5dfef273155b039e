"""The lineage of what a REF names."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.actions.proving.label_nodes import calibration_nodes
from workbench.actions.proving.today import differences_today
from workbench.actions.refs import version_named
from workbench.actions.session import Session
from workbench.actions.workspace.rescored import flip_words, would_flip
from workbench.errors import NotFound
from workbench.lineage.calibrations import with_calibrations
from workbench.lineage.lineage import lineage_of
from workbench.lineage.upstream import newest_by_suite
from workbench.lineage.values import STALE, Difference, Lineage, Node
from workbench.runs.store.outbox import Delivery


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
    evaluations = registry.evaluations(prompt_id, scores=False)
    records = newest_by_suite(evaluations, version.fingerprint)
    exports = tuple(_exports(session, prompt_id, version.version))
    tree = lineage_of(registry, prompt_id, version.version, exports)
    tree = with_calibrations(tree, calibration_nodes(session, tree))
    flips = would_flip(session)
    rejudged = (
        Difference("its gate", one.before, flip_words(one), STALE, ("evaluation", record.id))
        for record in records
        if (one := flips.get(record.id))
    )
    differences = (*differences_today(session, version, records), *rejudged)
    return tree.compared(tuple(dict.fromkeys(differences)))


def _exports(session: Session, prompt_id: str, version: str) -> Iterator[Node]:
    """Where the version was sent from this workspace, and what is still to be sent."""
    if not session.workspace.runs_path.exists():
        return
    for row in session.store.outbox.rows():
        if (row.prompt_id, row.version) == (prompt_id, version):
            done = row.state is Delivery.DONE
            yield Node(
                "export",
                row.target,
                row.content,
                ", ".join(filter(None, [row.ref, row.environment, row.output])),
                row.updated_at,
                warning="" if done else f"{row.state.value}: {row.last_error or 'not sent yet'}",
            )
