"""Out to apps: the registry as one read-only file, or an approved version as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from workbench.errors import RegistryError
from workbench.files import replacing
from workbench.prompts.codec import prompt_to_json
from workbench.registry import PromptRegistry, PromptVersion, State
from workbench.verdicts.origin import in_short

JSON_FORMAT = "workbench.prompt/1"


def write_snapshot(registry: PromptRegistry, path: Path) -> Path:
    """The registry as a read-only SQLite file without a write-ahead log, for apps that may not
    write beside it.

    Apps read it like the registry itself, with PromptRegistry or the view `active_prompts`; the
    ledger is in it, so it can be verified. An app that has the old file open notices the new one
    within a fiftieth of a second. Raises RegistryError for the registry's own path.
    """
    path = path.absolute()
    if path.resolve() == Path(registry.path):
        raise RegistryError(
            f"{path} is the registry itself", hint="name another file for the snapshot"
        )
    with replacing(path, mode=0o444) as temporary:
        # SQLite makes the copy, and only where there is no file yet.
        temporary.unlink()
        registry.backup(temporary)
    return path


def version_as_json(
    registry: PromptRegistry, prompt_id: str, version: str, environment: str = "production"
) -> dict[str, Any]:
    """An approved version with all that an app or an auditor needs, as plain JSON values.

    Approved means live in the environment, or tested for it now. Raises GateRefused otherwise.
    """
    from workbench.errors import GateRefused

    found = registry.get_version(prompt_id, version)
    status = registry.status(prompt_id, version, environment)
    live = [d for d in registry.live(prompt_id) if d.version == version]
    here = next((d for d in live if d.environment == environment), None)
    if status.state is State.REVOKED or (status.state is not State.TESTED and here is None):
        raise GateRefused(
            f"{found.ref} is not approved for {environment}: {status.state.value}, {status.reason}",
            hint="evaluate it first",
        )
    evaluation = status.evaluation
    evidence = evaluation.evidence if evaluation else None
    return {
        "format": JSON_FORMAT,
        **_artefact(found),
        "status": {"environment": environment, "state": status.state, "reason": status.reason},
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
            for d in live
        ],
        "attestations": [json.loads(e) for e in registry.attestations(prompt_id, version)],
        "head": registry.head(),
    }


def write_version_json(
    registry: PromptRegistry,
    prompt_id: str,
    version: str,
    path: Path,
    environment: str = "production",
) -> Path:
    """`version_as_json` in a file, whole or not at all."""
    content = version_as_json(registry, prompt_id, version, environment)
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    with replacing(path) as temporary:
        temporary.write_bytes(text.encode())
    return path


def _artefact(found: PromptVersion) -> dict[str, Any]:
    content = prompt_to_json(found.prompt)
    del content["extra"]
    return {
        **content,
        "prompt_id": found.prompt_id,
        "version": found.version,
        "fingerprint": found.fingerprint,
        "description": found.description,
        "author": found.author,
        "created_at": found.created_at,
        "content": found.content,
        "model": found.model,
    }
