"""An approved version with its evidence as JSON, for apps and auditors."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from workbench.errors import UsageError
from workbench.exchange.approval import Approved
from workbench.exchange.losses import Loss
from workbench.exchange.targets.base import Destination, Export, Held, Sent, Takes, writing
from workbench.files import replacing
from workbench.prompts.codec import prompt_to_json
from workbench.registry import PromptRegistry, PromptVersion
from workbench.typed_options import Option
from workbench.verdicts.origin import in_short

FORMAT = "workbench.prompt/1"
_LATER = ("format", "status", "evaluation", "live", "attestations", "head", "forced_reason")
"""Keys of the file that are no part of the version itself."""


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

    def refuses(self, export: Export, destination: Destination) -> Sequence[str]:
        del export, destination
        return ()

    def content(self, export: Export) -> Mapping[str, Any]:
        """The version's own part of the file: evidence and deployments may change later."""
        return {} if export.approved is None else _plain(_artefact(export.approved.version))

    def read_back(self, export: Export, destination: Destination) -> Held | None:
        path = destination.file(f"{export.name}.json")
        found = _read(path)
        own = {key: value for key, value in found.items() if key not in _LATER}
        if (own.get("prompt_id"), own.get("version")) != (_id_of(export), export.version):
            return None
        return Held(str(path), export.version, own)

    def send(self, export: Export, destination: Destination) -> Sent:
        if export.approved is None:
            raise UsageError("JSON is written of an approved version")
        path = destination.file(f"{export.name}.json")
        content = as_json(export.registry, export.approved)
        if _without_head(_read(path)) == _without_head(_plain(content)):
            return Sent(str(path), path, str(path), changed=False)
        text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        with writing(path), replacing(path) as temporary:
            temporary.write_bytes(text.encode())
        return Sent(str(path), path, str(path))


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
        **({"forced_reason": approved.reason} if approved.reason else {}),
    }


def _read(path: Path) -> dict[str, Any]:
    """The export in a file; empty where there is nothing of ours: it is made, or replaced."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def _without_head(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != "head"}


def _id_of(export: Export) -> str:
    return export.prompt.prompt_id if export.prompt else ""


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as they come back from a file."""
    plain: dict[str, Any] = json.loads(json.dumps(values))
    return plain


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
