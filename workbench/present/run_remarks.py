"""Remarks about a run for the user, besides its figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.present import numbers
from workbench.present.numbers import count, plural
from workbench.runs.spec.environment import (
    ALTERED,
    ASKED_AGAIN,
    EMPTY,
    IMPORTED,
    MAYBE_BILLED,
    READ_NOTES,
    STRANGE_LINES,
)


def remarks(environment: Mapping[str, Any]) -> list[str]:
    """Sentences about a run's environment: models, ignored options, uncertain calls."""
    sentences = []
    imported = environment.get(IMPORTED)
    if imported:
        made = ", ".join(filter(None, (imported.get("name"), imported.get("made_at"))))
        sentences.append(
            f"imported from {imported.get('tool')}{f' ({made})' if made else ''}: stands in"
            " comparisons, never for a gate"
        )
    ignored = environment.get("ignored")
    if ignored:
        sentences.append(
            f"the endpoint ignores {', '.join(ignored)}: workbench doctor --probe asked it"
        )
    if environment.get("mixed"):
        sentences.append(f"mixed: {_who(environment)}")
    maybe_billed = environment.get(MAYBE_BILLED)
    if maybe_billed:
        sentences.append(
            f"{plural(maybe_billed, 'call')} brought no answer after being sent and may be billed:"
            " the cost may be higher"
        )
    sentences += stored_remarks(environment)
    empty = empty_words(environment)
    if empty:
        sentences.append(empty)
    strange = environment.get(STRANGE_LINES)
    if strange:
        sentences.append(f"{plural(strange, 'line')} of the batch fit none of its questions")
    sentences += environment.get(READ_NOTES) or ()
    notes = environment.get("notes") or {}
    return sentences + [f"{note} ({plural(times, 'answer')})" for note, times in notes.items()]


def stored_remarks(environment: Mapping[str, Any]) -> list[str]:
    """Sentences about altered answers and forgotten cases that a run found in runs.db."""
    sentences = []
    altered = environment.get(ALTERED)
    if altered:
        sentences.append(
            f"{plural(altered, 'stored answer')} had been altered in runs.db: not used, asked again"
        )
    return sentences + [
        f"case {case_id!r} was forgotten by {by} on {day} and is in the dataset: it is asked and"
        " stored again"
        for case_id, by, day in environment.get(ASKED_AGAIN) or ()
    ]


def empty_words(environment: Mapping[str, Any]) -> str:
    """A sentence about a run's empty answers; empty if there are none."""
    empty = environment.get(EMPTY)
    return f"{plural(empty, 'answer')} {'was' if empty == 1 else 'were'} empty" if empty else ""


def latency_words(p50: float | None, p95: float | None, first_token: float | None = None) -> str:
    """`p50 412 ms · p95 900 ms · first token 90 ms` from seconds; unknown ones are omitted."""
    times = (("p50", p50), ("p95", p95), ("first token", first_token))
    return " · ".join(f"{name} {numbers.seconds(at)}" for name, at in times if at is not None)


def latencies(environment: Mapping[str, Any]) -> str:
    """The latencies of a finished run in words."""
    took, first = environment.get("latency_s") or {}, environment.get("first_token_s") or {}
    return latency_words(took.get("p50"), took.get("p95"), first.get("p50"))


def _who(environment: Mapping[str, Any]) -> str:
    models = environment.get("answered_by") or []
    if len(models) > 1:
        return f"{count(len(models))} models answered: {', '.join(models)}"
    prints = environment.get("system_fingerprints") or []
    return f"the model behind the name changed: fingerprints {', '.join(prints)}"
