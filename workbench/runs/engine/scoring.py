"""Scores of one answer. A failing scorer leaves the score missing; it never gives 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from workbench.child_process.process import CallFailed
from workbench.datasets.values import Case
from workbench.errors import WorkbenchError
from workbench.providers.base import Answer, Outcome
from workbench.providers.redact import one_line
from workbench.scorers.base import Score, Scorer
from workbench.scorers.judges.judge import JudgeFailed
from workbench.scorers.models import Models
from workbench.scorers.python_files import arguments_of, codes_of


def score_answer(
    scorers: Sequence[Scorer], answer: Answer, case: Case, models: Models | None = None
) -> tuple[dict[str, Score], frozenset[str]]:
    """The scores by scorer name, and the names of the scorers that failed. `models` answer what
    scorers ask.

    A scorer that comes after another is not asked where that one did not give 1.
    """
    scores: dict[str, Score] = {}
    failed: set[str] = set()
    for scorer in scorers:
        if scorer.after and scores[scorer.after].value != 1:
            scores[scorer.name] = _unasked(scorer.after, scores[scorer.after])
            continue
        score, broken = _score(scorer, answer, case, models)
        scores[scorer.name] = score
        if broken:
            failed.add(scorer.name)
    return scores, frozenset(failed)


def _score(scorer: Scorer, answer: Answer, case: Case, models: Models | None) -> tuple[Score, bool]:
    try:
        score = scorer.score(answer, case, models=models)
    except (CallFailed, JudgeFailed, WorkbenchError) as error:
        return Score(None, f"the scorer {scorer.name} failed: {one_line(str(error))}"), True
    except Exception as error:  # noqa: BLE001 - a scorer's own fault must not end the run
        shown = one_line(f"{type(error).__name__}: {error}")
        return Score(None, f"the scorer {scorer.name} failed: {shown}"), True
    value = score.value
    if value is None:
        return score, False
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or not 0 <= value <= 1:
        shown = one_line(repr(value), limit=40)
        return Score(None, f"the scorer {scorer.name} gave {shown}, not a number in [0, 1]"), True
    return (score if isinstance(value, float) else replace(score, value=float(value))), False


def _unasked(earlier: str, score: Score) -> Score:
    """0, or missing where the earlier scorer's score is."""
    if score.value is None:
        return Score(None, f"{earlier} has no score", skipped=True)
    return Score(0.0, f"{earlier} failed", skipped=True)


def score_ahead(scorers: Sequence[Scorer], answers: Sequence[tuple[Answer, Case]]) -> None:
    """Let the workspace's own code judge many answers at once, which is several times faster: their
    scores are kept for `score_answer`. Scorers that see the answer through transforms, or are asked
    after another, are left out.
    """
    for code in codes_of([leaf for scorer in scorers for leaf in _plain_leaves(scorer)]):
        code.results([arguments_of(*each) for each in answers if each[0].outcome is Outcome.OK])


def _plain_leaves(scorer: Scorer) -> tuple[Scorer, ...]:
    """Those that see every answer as it is."""
    if scorer.transforms or scorer.after:
        return ()
    if not scorer.parts:
        return (scorer,)
    return tuple(leaf for part in scorer.parts for leaf in _plain_leaves(part))
