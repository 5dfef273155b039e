"""What the user should know about a run beside its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.present.numbers import count, plural
from workbench.runs.environment import MAYBE_BILLED, STRANGE_LINES


def remarks(environment: Mapping[str, Any]) -> list[str]:
    """Sentences about a run's environment: who answered, what was ignored, cut or uncertain."""
    said = []
    ignored = environment.get("ignored")
    if ignored:
        said.append(f"the endpoint ignores {', '.join(ignored)}: workbench doctor --probe asked it")
    if environment.get("mixed"):
        said.append(f"mixed: {_who(environment)}")
    unsure = environment.get(MAYBE_BILLED)
    if unsure:
        said.append(
            f"{plural(unsure, 'call')} brought no answer after being sent and may be billed:"
            " the cost may be higher"
        )
    strange = environment.get(STRANGE_LINES)
    if strange:
        said.append(f"{plural(strange, 'line')} of the batch fit none of its questions")
    notes = environment.get("notes") or {}
    return said + [f"{note} ({plural(times, 'answer')})" for note, times in notes.items()]


def _who(environment: Mapping[str, Any]) -> str:
    models = environment.get("answered_by") or []
    if len(models) > 1:
        return f"{count(len(models))} models answered: {', '.join(models)}"
    prints = environment.get("system_fingerprints") or []
    return f"the model behind the name changed: fingerprints {', '.join(prints)}"
