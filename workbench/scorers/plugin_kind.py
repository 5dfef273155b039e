"""What a plug-in's kind of scorer has to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from workbench.datasets.values import Case
from workbench.plugins import Entry
from workbench.providers.base import Answer
from workbench.scorers.base import Kind, Score, ScoreFunction
from workbench.typed_options import Option


class ScorerKind(Protocol):
    """A kind of scorer, as a plug-in brings it under an entry point in `workbench.scorers`.

    `Kind` has all of this; a class or object of the plug-in's own may, too.
    """

    @property
    def summary(self) -> str:
        """What gets 1, in one sentence."""

    @property
    def options(self) -> Mapping[str, Option]:
        """The options that a suite may set, by name."""

    @property
    def example(self) -> str:
        """An entry under `scorers` in suite.yaml, in one line: `tone: {formal: true}`."""

    @property
    def revision(self) -> int:
        """Goes up when the same options would give other scores."""

    def check(self, options: Mapping[str, Any], /) -> str:
        """What is wrong with options that each fit their type and range, or nothing."""

    def score(self, answer: Answer, case: Case, options: Mapping[str, Any], /) -> Score:
        """The score of an answer that is a text; the workbench judges errors and empty ones.

        An exception leaves the score missing, and the run is incomplete.
        """


def kind_of_plugin(entry: Entry[ScorerKind]) -> Kind:
    """A plug-in's kind as one of ours."""
    kind = entry.kind
    if not isinstance(kind, Kind):
        kind = Kind(
            entry.name,
            kind.summary,
            kind.score,
            kind.options,
            kind.revision,
            check=kind.check,
            example=kind.example,
        )
    score = partial(_score, kind.score)
    return replace(kind, name=entry.name, score=score, plugin=entry.plugin)


def _score(score: ScoreFunction, answer: Answer, case: Case, options: Mapping[str, Any]) -> Score:
    """What a plug-in's scorer says. Raises TypeError when that is no score."""
    result = score(answer, case, options)
    if not isinstance(result, Score) or not isinstance(result.reason, str):
        raise TypeError(f"it gave {type(result).__name__}, not a Score")
    return result
