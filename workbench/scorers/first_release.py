"""How scorers of 0.1.0 judged, where that differs from today."""

from __future__ import annotations

from workbench.datasets.values import Case
from workbench.providers.base import Answer, Outcome
from workbench.scorers.base import Scorer
from workbench.scorers.faults import FaultScore

_BLANKS = ("", " ", "\n")
_KINDS = frozenset({"one_of", "matches", "max_chars", "json_schema"})
"""Those of 0.1.0 that read no expected answer, and judged an empty answer like any other."""


def credited_empty(scorer: Scorer, case: Case) -> bool:
    """Whether 0.1.0, which scored empty answers like others, gave one more than it gets now."""
    kind = scorer.kind
    if kind.plugin or kind.code or kind.name not in _KINDS or scorer.written != scorer.options:
        return False
    if scorer.counts(Outcome.EMPTY, case) is FaultScore.SCORED:
        return False
    scores = (kind.score(Answer(Outcome.OK, blank), case, scorer.options) for blank in _BLANKS)
    return any(score.value for score in scores)
