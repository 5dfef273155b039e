"""Checks, before the first call, that a suite's scorers can judge its cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from workbench.datasets.values import Case
from workbench.errors import DatasetError, SuiteError
from workbench.prompts.key_like import key_in
from workbench.runs.spec.suite import Suite
from workbench.scorers.base import Scorer
from workbench.scorers.expected import NOTHING
from workbench.suggestions import did_you_mean


def check_baseline(suite: Suite, environments: Iterable[str]) -> None:
    """Raise SuiteError when the gate's baseline is not an existing environment.

    Nothing could be live there, so the gate would decide by the threshold alone.
    """
    name, known = suite.gate.baseline, set(environments)
    if name is not None and name not in known:
        raise SuiteError(
            f"{suite.path or suite.name}: gate.baseline: there is no environment {name!r}",
            hint=did_you_mean(name, {*known, "none"}),
        )


def check_expected(suite: Suite, cases: Sequence[Case], *, whole: bool = True) -> Iterator[str]:
    """Yield notes about cases that a scorer cannot judge.

    Raises DatasetError when it can judge no case, if these are all of them, and for a cell that
    does not have the form that a scorer needs, with its location.
    """
    for scorer, required in _leaves(suite):
        if scorer.kind.judge:
            yield from _unjudged(suite, scorer, cases, required=required)
        reads = scorer.reads
        if reads is None:
            continue
        for case in cases:
            problem = reads.misfit(case)
            if problem:
                where = f"{suite.dataset.place_of(case)}: case {case.id!r}"
                hint = f"{scorer.name} compares {reads.form}"
                raise DatasetError(f"{where}: expected: {problem}", hint=hint)
        lacking = Counter(filter(None, map(reads.lacks, cases)))
        if required and whole and lacking.total() == len(cases):
            raise _none_left(suite, scorer.name, lacking)
        for reason, count in lacking.items():
            if reason == NOTHING:
                yield f"{count} of {len(cases)} cases have no expected, which {scorer.name} needs"
            else:
                yield f"{count} of {len(cases)} cases have no score by {scorer.name}: {reason}"


def _unjudged(
    suite: Suite, scorer: Scorer, cases: Sequence[Case], *, required: bool
) -> Iterator[str]:
    """Notes about cases that lack what a judge reads. Raises DatasetError when all of them do."""
    lacking = Counter(filter(None, map(scorer.lacks, cases)))
    if required and lacking.total() == len(cases):
        raise DatasetError(
            f"{suite.dataset.source}: the judge {scorer.name} can judge no case:"
            f" {next(iter(lacking))}",
            hint="judge: {…, inputs: {NAME OF THE JUDGE'S INPUT: NAME OF THE CASE'S}}",
        )
    for reason, count in lacking.items():
        yield f"{count} of {len(cases)} cases have no score by {scorer.name}: {reason}"


def key_notes(cases: Sequence[Case]) -> Iterator[str]:
    """Yield a note when cases, which are sent to a provider, seem to contain keys."""
    suspects = [case.id for case in cases if any(key_in(str(v)) for v in case.inputs.values())]
    if suspects:
        first = suspects[0]
        yield f"{len(suspects)} of {len(cases)} cases look like they hold a key, first {first!r}"


def _leaves(suite: Suite) -> Iterator[tuple[Scorer, bool]]:
    """The scorers that look at answers, and whether the suite cannot do without one."""
    for scorer in suite.scorers:
        for leaf in scorer.leaves:
            yield leaf, scorer.required and scorer.kind.name != "any_of"


def _none_left(suite: Suite, scorer: str, lacking: Counter[str]) -> DatasetError:
    others = [reason for reason in lacking if reason != NOTHING]
    columns = ", ".join(sorted({name for case in suite.dataset.cases for name in case.inputs}))
    return DatasetError(
        f"{suite.dataset.source}: no case has expected, which the scorer {scorer} needs"
        + (f": {others[0]}" if others else ""),
        hint="name the column with the right answers expected, or take a scorer that needs none;"
        f" the inputs are: {columns}",
    )
