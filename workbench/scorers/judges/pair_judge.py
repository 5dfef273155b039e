"""A judge that compares two answers, each question asked in both orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.datasets.values import Case
from workbench.providers.base import Outcome
from workbench.scorers.judges.judge import (
    ATTEMPTS,
    FIRST,
    SECOND,
    Judge,
    JudgeFailed,
)
from workbench.scorers.judges.verdict import Unreadable, read_verdict
from workbench.scorers.models import Models


@dataclass(frozen=True, slots=True)
class OneOrder:
    """A verdict on two answers in one order: `first`, `second` or `tie`; None: no verdict."""

    verdict: str | None
    reason: str


def both_orders(
    judge: Judge, a: str, b: str, case: Case, models: Models
) -> tuple[OneOrder, OneOrder] | None:
    """What the judge says of A and B, and of B and A; None while it is being asked. Raises
    JudgeFailed when it could not be asked.
    """
    one = _asked(judge, {FIRST: a, SECOND: b}, case, models)
    other = _asked(judge, {FIRST: b, SECOND: a}, case, models)
    return None if one is None or other is None else (one, other)


def _asked(judge: Judge, texts: Mapping[str, str], case: Case, models: Models) -> OneOrder | None:
    why = ""
    for attempt in range(ATTEMPTS):
        reply = models.answer(judge.question_about(texts, case, attempt))
        if reply is None:
            return None
        if reply.outcome.is_error:
            raise JudgeFailed(reply.error or reply.outcome.value)
        try:
            if reply.outcome is not Outcome.OK:
                raise Unreadable(f"it is {reply.outcome.value.replace('_', ' ')}")
            verdict = read_verdict(reply.text, judge.rubric)
        except Unreadable as error:
            why = str(error)
            continue
        return OneOrder(str(verdict.levels[judge.rubric.criteria[0].name]), verdict.reason)
    return OneOrder(None, f"the judge gave no verdict: {why}")
