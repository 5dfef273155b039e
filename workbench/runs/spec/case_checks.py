"""The checks that cases bring, read before the first call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from workbench.datasets.values import Case, Dataset
from workbench.errors import DatasetError, SuiteError
from workbench.runs.spec.suite import gate_cases_of
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
    every = scorers if listed else (*scorers, make_scorer(CHECKS, {}, dataset.source))
    cases = gate_cases_of(dataset).cases
    return tuple(with_drawn(scorer, cases) for scorer in every)


def with_drawn(scorer: Scorer, cases: Sequence[Case]) -> Scorer:
    """The scorer with what decides the scores of these cases' checks and does not stand in the
    cases: the versions of the libraries and plug-ins of their kinds.
    """
    if scorer.kind.of_case:
        return replace(scorer, drawn=_drawn(cases))
    if not scorer.parts:
        return scorer
    return replace(scorer, parts=tuple(with_drawn(part, cases) for part in scorer.parts))


def _drawn(cases: Sequence[Case]) -> tuple[tuple[str, str], ...]:
    kinds = {
        leaf.kind.name: leaf.kind
        for case in cases
        for one in checks_of(case)
        for leaf in one.leaves
    }
    # Without options: those of a check are part of its case.
    return tuple(
        (name, Scorer(kind).fingerprint)
        for name, kind in sorted(kinds.items())
        if kind.library or kind.plugin
    )
