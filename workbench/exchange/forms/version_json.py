"""An approved version as JSON, with its evidence: what `workbench export json` writes and a folder
or a git repository holds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import DraftError
from workbench.exchange.approval import Approved
from workbench.prompts.codec import prompt_to_json, template_format
from workbench.prompts.files.prompty import parse_prompty
from workbench.prompts.files.strict_yaml import dump_yaml
from workbench.prompts.revisions import least_revision
from workbench.prompts.values import FIRST_REVISION, PARTS_REVISION, REVISION, Message, Prompt
from workbench.registry import PromptRegistry, PromptVersion
from workbench.verdicts.recorded.origin import in_short

FORMAT = "workbench.prompt/1"
_LATER = frozenset(
    {"format", "status", "evaluation", "evidence", "live", "attestations", "head", "forced_reason"}
)
"""Keys of the file that are no part of the version itself."""
_LINE = re.compile(r": line \d+")


def as_json(
    registry: PromptRegistry, approved: Approved, evidence_in_short: Mapping[str, str]
) -> dict[str, Any]:
    """An approved version with all that an app or an auditor needs, as plain JSON values."""
    version, status = approved.version, approved.status
    evaluation = status.evaluation
    evidence = evaluation.evidence if evaluation else None
    return {
        "format": FORMAT,
        **artefact(version),
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
        "evidence": {k: text for k, text in evidence_in_short.items() if k != "ledger_head"},
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


def artefact(version: PromptVersion) -> dict[str, Any]:
    """The version itself, as it comes back from a file."""
    content = prompt_to_json(version.prompt)
    del content["extra"]
    whole = {
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
    plain: dict[str, Any] = json.loads(json.dumps(whole))
    return plain


def own_part(data: Any) -> dict[str, Any] | None:
    """The version itself in a parsed file; None where it is none of this format."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return None
    return {key: value for key, value in data.items() if key not in _LATER}


def to_bytes(data: Mapping[str, Any]) -> bytes:
    """A JSON file for people and diffs: indented, sorted, UTF-8."""
    return (json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def from_bytes(data: bytes) -> Any:
    """Parsed JSON; None for what is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def prompt_of(data: Any, where: str) -> Prompt:
    """The prompt in a parsed file, checked like a draft. Raises DraftError."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise DraftError(f"{where} is no export of a version", hint="workbench export json PROMPT")
    front = {
        "name": data.get("prompt_id"),
        "description": data.get("description") or "",
        "model": data.get("model"),
        "inputs": data.get("inputs"),
        "outputs": data.get("outputs"),
        "tools": data.get("tools"),
        "template": {"format": {"kind": template_format(str(data.get("template")))}},
        "examples": _examples(data.get("examples")),
        "snippets": data.get("snippets") or None,
        "features": data.get("features") or None,
    }
    included = "".join(f'{{% include "{name}" %}}\n' for name in data.get("snippets") or ())
    # Through the parser of drafts, which checks every part of it.
    try:
        parsed = parse_prompty(f"---\n{dump_yaml(front)}---\nuser:\nx\n{included}", where=where)
    except DraftError as error:
        # The line is one of a text that nobody has.
        raise DraftError(_LINE.sub(":", error.message, count=1), hint=error.hint) from error
    messages = _messages(data.get("messages"), where)
    revision = data.get("revision", FIRST_REVISION)
    if revision not in (FIRST_REVISION, REVISION, PARTS_REVISION):
        raise DraftError(f"{where}: template revision {revision!r} is unknown here")
    least = least_revision(
        messages, parsed.inputs, parsed.template_format, has_examples=parsed.examples is not None
    )
    return replace(parsed, messages=messages, revision=min(revision, least))


def _examples(data: Any) -> Any:
    if not isinstance(data, Mapping):
        return data
    return {key: data[key] for key in ("template", "rows") if key in data}


def _messages(items: Any, where: str) -> tuple[Message, ...]:
    if not isinstance(items, list) or not all(
        isinstance(item, Mapping)
        and isinstance(item.get("role"), str)
        and isinstance(item.get("content"), str)
        for item in items
    ):
        raise DraftError(f"{where}: messages must be a list of role and content")
    return tuple(Message(item["role"], item["content"]) for item in items)
