"""An approved version with its evidence as JSON, for apps and auditors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import UsageError
from workbench.exchange.approval import Approved
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Sent, Takes, writing
from workbench.files import replacing
from workbench.prompts.codec import prompt_to_json
from workbench.registry import PromptRegistry, PromptVersion
from workbench.typed_options import Option
from workbench.verdicts.origin import in_short

FORMAT = "workbench.prompt/1"


class JsonTarget:
    """See `Target`."""

    summary = "An approved version with its evidence in short, as JSON."
    takes = Takes.VERSION
    options: Mapping[str, Option] = {}

    def loses(self, export: Export) -> Sequence[Loss]:
        losses = [Loss("the ledger", "its head is kept, to compare with the registry's")]
        if export.approved and export.approved.status.evaluation:
            losses.append(Loss("the scores by case", "their mean and the gate's decision are kept"))
        return losses

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.approved is None:
            raise UsageError("JSON is written of an approved version")
        path = destination.file(f"{export.name}.json")
        content = as_json(export.registry, export.approved)
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        with writing(path), replacing(path) as temporary:
            temporary.write_bytes(text.encode())
        return Sent(str(path), path)


KIND = JsonTarget()


def as_json(registry: PromptRegistry, approved: Approved) -> dict[str, Any]:
    """An approved version with all that an app or an auditor needs, as plain JSON values."""
    version, status = approved.version, approved.status
    evaluation = status.evaluation
    evidence = evaluation.evidence if evaluation else None
    return {
        "format": FORMAT,
        **_artefact(version),
        "status": {
            "environment": approved.environment,
            "state": status.state,
            "reason": status.reason,
        },
        "evaluation": evaluation
        and evidence
        and {
            "id": evaluation.id,
            "suite": evidence.suite,
            "suite_fingerprint": evidence.suite_fingerprint,
            "gate": evidence.gate,
            "score": evidence.score,
            "cases": evidence.planned,
            "baseline": evidence.baseline_version,
            "external": evidence.external,
            "answers": in_short(evidence.answers),
            "recorded_at": evaluation.recorded_at,
        },
        "live": [
            {"environment": d.environment, "deployed_at": d.deployed_at, "by": d.deployed_by}
            for d in approved.live
        ],
        "attestations": [
            json.loads(e) for e in registry.attestations(version.prompt_id, version.version)
        ],
        "head": registry.head(),
    }


def _artefact(version: PromptVersion) -> dict[str, Any]:
    content = prompt_to_json(version.prompt)
    del content["extra"]
    return {
        **content,
        "prompt_id": version.prompt_id,
        "version": version.version,
        "fingerprint": version.fingerprint,
        "description": version.description,
        "author": version.author,
        "created_at": version.created_at,
        "content": version.content,
        "model": version.model,
    }
