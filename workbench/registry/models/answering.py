"""Which model answers today under the name that was asked for, and whether evidence is of it.

A drifted evaluation was answered by another model than the newest observation names. The view
`accepted_evaluations` decides where an environment demands the model of today; this gives the
reason, and `verify` uses it instead of the view.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.addresses import LOCAL_MODEL
from workbench.fingerprints import short


@dataclass(frozen=True, slots=True)
class Observation:
    """What answered when a model was asked for, at one time."""

    seq: int
    prompt_id: str
    asked: str
    """`provider/model`, as the version names them."""
    answered: tuple[str, ...]
    """Names of the models that answered; for the embedded model also `local:SHA256`."""
    changed: bool
    """The scores were other ones than when the version was judged."""
    reason: str
    at: str = ""

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Observation:
        """The observation that a row of `observations` keeps, with `at` of its record."""
        answered = tuple(map(str, json.loads(row["answered"])))
        parts = (row["seq"], row["prompt_id"], row["asked"], answered, bool(row["changed"]))
        return cls(*parts, row["reason"], row.get("at") or "")


Observed = Mapping[str, Observation]
"""The newest observation by what was asked for."""


def with_asked(
    answers: Mapping[str, Mapping[str, Any]], environment: Mapping[str, Any]
) -> dict[str, Mapping[str, Any]]:
    """The sides of evidence, the candidate's with what it asked for: earlier releases recorded that
    in the evidence's environment alone.
    """
    provider, model = environment.get("provider"), environment.get("model")
    if not (provider and model and answers.get("b")):
        return dict(answers)
    return {**answers, "b": {"asked": f"{provider}/{model}", **answers["b"]}}


def answered_by(side: Mapping[str, Any]) -> tuple[str, ...]:
    """Who gave the answers of a side of an evaluation, sorted: models, and weights by digest."""
    weights = [each for each in side.get("endpoints", ()) if each.startswith(f"{LOCAL_MODEL}:")]
    return tuple(sorted({*side.get("models", ()), *weights}))


def drift(side: Mapping[str, Any], observed: Observed, *, prompt_id: str, seq: int) -> str:
    """How a side of the evaluation `seq` of that prompt drifted, with both names; empty: it did
    not, or nothing was observed.
    """
    newest = observed.get(side.get("asked", ""))
    if newest is None:
        return ""
    before = answered_by(side)
    if not set(newest.answered) <= {*before, *side.get("endpoints", ())}:
        names = f"{_names(before)} -> {_names(newest.answered)}"
        return f"another model answers for {newest.asked.strip('/')} now: {names}"
    later = newest.seq > seq or side.get("cached") != 0
    if newest.changed and newest.prompt_id == prompt_id and later:
        return f"{_names(newest.answered)} answers otherwise now: {newest.reason}"
    return ""


def drift_of(
    answers: Mapping[str, Any], observed: Observed, *, prompt_id: str, seq: int, baseline: bool
) -> str:
    """The same of all sides of an evaluation."""
    for name, whose in (("b", ""), ("a", "the baseline's: "))[: 1 + baseline]:
        if why := drift(answers.get(name) or {}, observed, prompt_id=prompt_id, seq=seq):
            return whose + why
    return ""


def is_known(side: Mapping[str, Any]) -> bool:
    """Whether the record says what was asked for and who gave each answer."""
    return bool(side.get("asked") and answered_by(side) and not side.get("unknown"))


def _names(answered: tuple[str, ...]) -> str:
    """The names as they are shown: models, and weights by the beginning of their digest."""
    kind = f"{LOCAL_MODEL}:"
    return (
        " and ".join(
            f"weights {short(each.removeprefix(kind))}" if each.startswith(kind) else each
            for each in answered
        )
        or "an unnamed model"
    )
