"""What a release says about a workspace, as plain values: the same before and after an upgrade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.actions.releasing.rules import sync
from workbench.actions.session import Session
from workbench.registry import PromptRegistry
from workbench.workspace import open_workspace

ENVIRONMENTS = ("staging", "production", "edge")
INPUTS: dict[str, Any] = {"ticket": "case 3 & 'more'", "vip": False}


def observe(root: Path) -> dict[str, Any]:
    """Versions with their evidence, what is live and what apps read, the audit, stored runs."""
    workspace = open_workspace(root)
    with Session(workspace) as session:
        sync(session)
        registry = session.registry
        return {
            "versions": _versions(registry),
            "live": _live(registry),
            "history": [
                [entry.action, entry.prompt_id, entry.version, entry.environment, entry.by]
                for entry in reversed(registry.history())
            ],
            "verified": registry.verify().ok,
            "head": registry.verify().head,
            "runs": _runs(session),
        }


def _versions(registry: PromptRegistry) -> dict[str, Any]:
    versions = {}
    for prompt in registry.prompts():
        for version in registry.versions(prompt.prompt_id):
            states = {}
            for environment in ENVIRONMENTS:
                status = registry.status(prompt.prompt_id, version.version, environment)
                states[environment] = [status.state.value, status.reason, status.score]
            versions[version.ref] = {
                "fingerprint": version.fingerprint,
                "content": version.content,
                "author": version.author,
                "revoked": version.revoked,
                "states": states,
            }
    return versions


def _live(registry: PromptRegistry) -> dict[str, Any]:
    live = {}
    for deployment in registry.live():
        prompt_id, environment = deployment.prompt_id, deployment.environment
        version = registry.get_active(prompt_id, environment)
        names = {item.name for item in version.prompt.inputs}
        if prompt_id == "letter":
            messages: Any = version.content.format(name="Ana")
        else:
            messages = version.messages(**{k: v for k, v in INPUTS.items() if k in names})
        live[f"{prompt_id} in {environment}"] = {
            "version": version.version,
            "tested": version.tested,
            "score": version.evaluation_score,
            "messages": messages,
            "model": version.model,
        }
    return live


def _runs(session: Session) -> dict[str, Any]:
    runs = {}
    for summary in session.store.summaries():
        results = session.store.results(summary.run_id)
        runs[summary.run_id] = {
            "status": summary.status.value,
            "label": summary.label,
            "suite": summary.suite,
            "scored": summary.scored,
            "errors": summary.errors,
            "score": summary.score,
            "fingerprint": summary.fingerprint,
            "prompt": session.store.prompt(summary.run_id).fingerprint,
            "answers": sorted(
                [r.case_id, r.repeat, r.answer.text, {n: s.value for n, s in r.scores.items()}]
                for r in results
            ),
        }
    return runs
