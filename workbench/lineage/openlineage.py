"""A lineage as OpenLineage run events (https://openlineage.io/spec/2-0-2/OpenLineage.json), one per
evaluation and deployment, for data catalogues.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from workbench._version import __version__
from workbench.lineage.values import Lineage, Node

SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets"
_VERSION_FACET = (
    f"{_FACETS}/1-0-1/DatasetVersionDatasetFacet.json#/$defs/DatasetVersionDatasetFacet"
)
_DOCUMENTATION_FACET = (
    f"{_FACETS}/1-0-1/DocumentationDatasetFacet.json#/$defs/DocumentationDatasetFacet"
)
PRODUCER = f"urn:prompt-workbench:{__version__}"
_IDS = uuid.UUID("6f2d9f7c-6f0c-5f36-9d0b-0f1f0c9a3f52")

Event = dict[str, Any]


def events_of(lineage: Lineage, namespace: str) -> list[Event]:
    """COMPLETE events, oldest first. Prompts, datasets, models and environments are datasets of
    the namespace; an event's run id depends on what it records alone, so that sending it again
    changes nothing.
    """
    prompt_id = lineage.version.name.partition("@")[0]
    events = list(_evaluations(lineage, prompt_id, namespace))
    events += _deployments(lineage, prompt_id, namespace)
    return sorted(events, key=lambda event: str(event["eventTime"]))


def _evaluations(lineage: Lineage, prompt_id: str, namespace: str) -> Iterator[Event]:
    models = [node for node in lineage.upstream if node.kind == "model"]
    for suite in lineage.upstream:
        if suite.kind != "suite":
            continue
        inputs = [_dataset(namespace, f"prompts/{prompt_id}", lineage.version)]
        inputs += [_dataset(namespace, f"models/{model.name}", model) for model in models]
        inputs += [
            _dataset(namespace, f"{node.kind}s/{suite.name}/{node.name}", node)
            for node in suite.nodes
            if node.kind in ("dataset", "scorer")
        ]
        for node in suite.nodes:
            if node.kind == "evaluation":
                outputs = [_dataset(namespace, f"evaluations/{prompt_id}/{suite.name}", node)]
                job = f"evaluate.{prompt_id}.{suite.name}"
                yield _event(namespace, job, node, inputs, outputs)


def _deployments(lineage: Lineage, prompt_id: str, namespace: str) -> Iterator[Event]:
    for node in lineage.downstream:
        if node.kind == "live":
            inputs = [_dataset(namespace, f"prompts/{prompt_id}", lineage.version)]
            outputs = [_dataset(namespace, f"environments/{node.name}/{prompt_id}", node)]
            yield _event(namespace, f"deploy.{prompt_id}.{node.name}", node, inputs, outputs)


def _event(
    namespace: str, job: str, node: Node, inputs: list[Event], outputs: list[Event]
) -> Event:
    name = f"{namespace}\n{job}\n{node.name}\n{node.digest}\n{node.at}"
    return {
        "eventType": "COMPLETE",
        "eventTime": node.at,
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": {"runId": str(uuid.uuid5(_IDS, name)), "facets": {}},
        "job": {"namespace": namespace, "name": job, "facets": {}},
        "inputs": inputs,
        "outputs": outputs,
    }


def _dataset(namespace: str, name: str, node: Node) -> Event:
    facets: dict[str, Mapping[str, str]] = {}
    if node.digest:
        facets["version"] = _facet(_VERSION_FACET, datasetVersion=node.digest)
    if node.detail:
        facets["documentation"] = _facet(_DOCUMENTATION_FACET, description=node.detail)
    return {"namespace": namespace, "name": name, "facets": facets}


def _facet(schema: str, **values: str) -> dict[str, str]:
    return {"_producer": PRODUCER, "_schemaURL": schema, **values}
