"""Evaluating a version with a team's own suite."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Protocol

from workbench.errors import RegistryError
from workbench.fingerprints import fingerprint
from workbench.registry.facade import PromptRegistry
from workbench.registry.storage import clock

SINGLE = "score"


LEAST_THRESHOLD = 1e-6
"""The lowest threshold: below it a score of 0 would pass."""


class EvalSuite(Protocol):
    """The object that `evaluate_and_mark` takes: `passing_threshold` and `run`.

    `name` and `fingerprint`, both text, are used where present; another fingerprint means other
    cases under the same ids.
    """

    passing_threshold: float

    def run(self, content: str, /) -> float | Mapping[str, float]: ...


def evaluate_and_mark(
    registry: PromptRegistry,
    prompt_id: str,
    version: str,
    eval_suite: EvalSuite,
    *,
    by: str = "",
    reason: str = "",
) -> bool:
    """Run a team's own suite on a version and record its scores as external evidence.

    `run` gets the version's text and returns one score, or scores by case, as fractions of 1. True
    when the mean reaches `passing_threshold`. Exceptions of `run` propagate, and nothing is
    recorded. Raises RegistryError for a score outside [0, 1] and a threshold that a score of 0
    would reach, RulesLoosened when the suite asks for less than it did and there is no `reason`.
    """
    from workbench.verdicts import make_external_evidence
    from workbench.verdicts.values import Gate

    registered = registry.get_version(prompt_id, version)
    name = str(getattr(eval_suite, "name", "") or type(eval_suite).__name__)
    threshold = _fraction(eval_suite.passing_threshold, "passing_threshold")
    if threshold < LEAST_THRESHOLD:
        raise RegistryError(
            f"passing_threshold of {name} is {threshold!r}: a score of 0 would pass",
            hint="set the lowest mean score that should pass, e.g. 0.8",
        )
    made_of = str(getattr(eval_suite, "fingerprint", "") or "")
    started = clock.now()
    answer: Any = eval_suite.run(registered.content)
    scores = _scores(answer)
    evidence = make_external_evidence(
        prompt_id=prompt_id,
        version=version,
        prompt_fingerprint=registered.fingerprint,
        suite=name,
        suite_fingerprint=fingerprint(
            {"suite": name, "cases": sorted(scores), "at": threshold}
            | ({"made_of": made_of} if made_of else {})
        ),
        suite_parts={"dataset": fingerprint(made_of)} if made_of else {},
        scores=scores,
        threshold=threshold,
        scorer=name,
        started_at=started,
        finished_at=clock.now(),
    )
    registry.record_evaluation(evidence, by=by, reason=reason)
    return evidence.gate is Gate.PASS


def _scores(answer: Any) -> dict[str, float]:
    if isinstance(answer, Mapping):
        if not answer:
            raise RegistryError("the suite returned no scores", hint="return one a case")
        return {str(case): _fraction(score, f"case {case}") for case, score in answer.items()}
    return {SINGLE: _fraction(answer, "the score")}


def _fraction(value: Any, what: str) -> float:
    if isinstance(value, (str, bytes)):
        raise RegistryError(f"{what} is {value!r:.40}, not a number", hint="give 0 to 1")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise RegistryError(
            f"{what} is a {type(value).__name__} and not a number from 0 to 1", hint="give 0 to 1"
        ) from error
    if not math.isfinite(number) or not 0.0 <= number <= 1.0:
        raise RegistryError(
            f"{what} is {number!r}, not between 0 and 1", hint="scores are fractions of 1"
        )
    return number
