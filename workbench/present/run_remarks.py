"""What the user should know about a run beside its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.present import numbers
from workbench.present.numbers import count, plural
from workbench.runs.spec.environment import ALTERED, ASKED_AGAIN, EMPTY, MAYBE_BILLED, STRANGE_LINES


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
    said += stored_remarks(environment)
    empty = empty_words(environment)
    if empty:
        said.append(empty)
    strange = environment.get(STRANGE_LINES)
    if strange:
        said.append(f"{plural(strange, 'line')} of the batch fit none of its questions")
    notes = environment.get("notes") or {}
    return said + [f"{note} ({plural(times, 'answer')})" for note, times in notes.items()]


def stored_remarks(environment: Mapping[str, Any]) -> list[str]:
    """What a run found in runs.db that was not as it should be, or had been taken out."""
    said = []
    altered = environment.get(ALTERED)
    if altered:
        said.append(
            f"{plural(altered, 'stored answer')} had been altered in runs.db: not used, asked again"
        )
    return said + [
        f"case {case_id!r} was forgotten by {by} on {day} and is in the dataset: it is asked and"
        " stored again"
        for case_id, by, day in environment.get(ASKED_AGAIN) or ()
    ]


def empty_words(environment: Mapping[str, Any]) -> str:
    """How many answers of a run were empty; nothing where none was."""
    empty = environment.get(EMPTY)
    return f"{plural(empty, 'answer')} {'was' if empty == 1 else 'were'} empty" if empty else ""


def latency_words(p50: float | None, p95: float | None, first_token: float | None = None) -> str:
    """`p50 412 ms · p95 900 ms · first token 90 ms`, of seconds; what is not known is left out."""
    times = (("p50", p50), ("p95", p95), ("first token", first_token))
    return " · ".join(f"{name} {numbers.seconds(at)}" for name, at in times if at is not None)


def latencies(environment: Mapping[str, Any]) -> str:
    """How long the answers of a finished run took."""
    took, first = environment.get("latency_s") or {}, environment.get("first_token_s") or {}
    return latency_words(took.get("p50"), took.get("p95"), first.get("p50"))


def _who(environment: Mapping[str, Any]) -> str:
    models = environment.get("answered_by") or []
    if len(models) > 1:
        return f"{count(len(models))} models answered: {', '.join(models)}"
    prints = environment.get("system_fingerprints") or []
    return f"the model behind the name changed: fingerprints {', '.join(prints)}"
