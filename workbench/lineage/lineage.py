"""Puts the lineage of a version together from the registry."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.lineage.downstream import comparison_nodes, environment_nodes, staleness_nodes
from workbench.lineage.upstream import (
    evidence_node,
    newest_by_suite,
    prompt_nodes,
    version_node,
)
from workbench.lineage.values import Lineage, Node
from workbench.registry import PromptRegistry, State


def lineage_of(
    registry: PromptRegistry, prompt_id: str, version: str, further: Sequence[Node] = ()
) -> Lineage:
    """The lineage of a registered version; `further` are nodes downstream that the registry does
    not know, such as exports. Raises NotInRegistry.
    """
    made = registry.get_version(prompt_id, version)
    evaluations = registry.evaluations(prompt_id, scores=False)
    history = registry.history(prompt_id)
    digests = {entry.seq: entry.hash for entry in history}
    records = newest_by_suite(evaluations, made.fingerprint)
    environments = [settings.name for settings in registry.environments()]
    statuses = {name: registry.status(prompt_id, version, name) for name in environments}
    # Whether evidence is current does not depend on the environment.
    status = next(iter(statuses.values()))
    not_current = {each.suite: each.reason for each in status.suites if each.state != State.TESTED}
    live = registry.live(prompt_id)
    return Lineage(
        version_node(made),
        (
            *prompt_nodes(made.prompt),
            *(
                evidence_node(
                    record,
                    registry.judged_by(record.seq),
                    digests.get(record.seq, ""),
                    not_current.get(record.suite, ""),
                )
                for record in records
            ),
        ),
        (
            *environment_nodes(
                made, live, history, registry.consumers(prompt_id), registry.app_features()
            ),
            *comparison_nodes(made, evaluations),
            *staleness_nodes(live, [record.suite for record in records], prompt_id),
            *further,
        ),
        {name: f"{each.state.value}: {each.reason}" for name, each in statuses.items()},
    )
