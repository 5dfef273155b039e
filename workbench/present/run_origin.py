"""The circumstances of a run, as needed to reproduce it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from workbench.runs.spec.values import RunSummary

_SHORT = 12


def origin(summary: RunSummary) -> dict[str, str]:
    """Everything that decided a run's answers, by name; untrusted text."""
    made = summary.environment
    identity: Mapping[str, Any] = made.get("identity") or {}
    values = {
        "prompt": f"{summary.prompt_id} ({summary.label}) {summary.fingerprint[:_SHORT]}",
        "suite": f"{summary.suite}, {summary.split}",
        **{name: value[:_SHORT] for name, value in sorted(summary.suite_parts.items())},
        "model asked": f"{made.get('provider', '')}/{summary.model}",
        "answered by": ", ".join(made.get("answered_by") or ()),
        "fingerprints": ", ".join(made.get("system_fingerprints") or ()),
        **{name: _text(value) for name, value in identity.items()},
        "parameters": _text(made.get("parameters") or {}),
        "repeats": str(summary.repeats),
        "commit": _text(made.get("commit", "")),
        "versions": ", ".join(
            f"{name} {made[name]}"
            for name in ("workbench", "httpx2", "openai", "python")
            if name in made
        ),
        "begun": summary.created_at,
    }
    return {name: value for name, value in values.items() if value}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
