"""The checks that cases bring, read before the first call."""

from __future__ import annotations

from workbench.datasets.values import Dataset
from workbench.errors import DatasetError, SuiteError
from workbench.scorers.base import Scorer
from workbench.scorers.catalog import checks_of, make_scorer
from workbench.scorers.combined import CHECKS


def with_checks(scorers: tuple[Scorer, ...], dataset: Dataset) -> tuple[Scorer, ...]:
    """The scorers, and below them one of the cases' checks where a case has some and the suite
    does not name it. Raises DatasetError with the location of a check that is wrong.
    """
    checked = [case for case in dataset.cases if case.checks]
    listed = any(leaf.kind.of_case for scorer in scorers for leaf in scorer.leaves)
    if not checked:
        if listed and not dataset.rows:
            raise DatasetError(
                f"{dataset.source}: no case has {CHECKS}, which the suite scores by",
                hint='{"id": …, "inputs": {…}, "checks": [{"contains": {"text": "refund"}}]}',
            )
        return scorers
    for case in checked:
        try:
            checks_of(case)
        except SuiteError as error:
            where = f"{dataset.place_of(case)}: case {case.id!r}"
            raise DatasetError(f"{where}: {error.message}", hint=error.hint) from error
    return scorers if listed else (*scorers, make_scorer(CHECKS, {}, dataset.source))
