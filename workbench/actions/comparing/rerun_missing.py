"""Run what a comparison lacks: cases without an answer, and cases that one side never ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.actions.comparing.compare import Compared
from workbench.actions.comparing.side_runs import OnRun, Side
from workbench.actions.refs import Source
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.datasets.values import Case
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import RunSpec, RunSummary

if TYPE_CHECKING:
    from workbench.runs.engine.estimate import Estimate


@dataclass(frozen=True)
class Gap:
    """The missing cases of one side of a comparison."""

    side: Side
    suite: Suite
    unanswered: tuple[str, ...] = ()
    """Ids of cases of its run that have an error or no answer."""
    unasked: tuple[Case, ...] = ()
    """Cases that only the other side ran."""
    split: str = ""
    """The suite to run both kinds on."""

    @property
    def cases(self) -> int:
        """Number of cases without an answer."""
        return len(self.unanswered) + len(self.unasked)


def gaps(compared: Compared) -> tuple[Gap, Gap]:
    """The gaps of A and of B."""
    a, b = compared.a, compared.b
    return _gap(compared, a, b), _gap(compared, b, a)


def rerun_missing(session: Session, gap: Gap, on_run: OnRun | None = None) -> RunSummary:
    """Run the missing cases. Blocks.

    Resumes the side's own run if it only lacks answers; else makes a new run, with known answers
    from the cache. Raises UsageError when the run cannot be resumed, and the errors of `start`.
    """
    spec = _spec(session, gap)
    resume = None if gap.unasked else gap.side.summary.run_id
    live = running.start(session, spec, resume=resume)
    if on_run:
        source = gap.side.source
        # The side may be named by its run's id, which a new run does not have.
        name = f"{source.prompt.prompt_id} ({source.label})" if gap.unasked else source.name
        on_run(live, name)
    return live.wait()


def estimate_missing(session: Session, gaps: Sequence[Gap]) -> Estimate:
    """Calls, US dollars and seconds to fill all of these gaps."""
    from workbench.runs.engine.estimate import total

    each = []
    for gap in gaps:
        spec = _spec(session, gap)
        lacking = {*gap.unanswered, *(case.id for case in gap.unasked)}
        others = [case.id for case in spec.cases if case.id not in lacking]
        if len(others) == len(spec.cases):
            continue
        repeats = range(spec.run_options.repeats)
        done = frozenset((case_id, repeat) for case_id in others for repeat in repeats)
        each.append(running.estimate(session, spec, done))
    return total(each)


def _spec(session: Session, gap: Gap) -> RunSpec:
    summary = gap.side.summary
    if not gap.unasked:
        return running.spec_of_run(session, summary.run_id)
    source = Source(gap.side.source.prompt, summary.label)
    spec = running.make_spec(
        source, gap.suite, split=gap.split, repeats=summary.repeats, settled=True
    )
    case_ids = {case.id for case in (*gap.side.cases, *gap.unasked)}
    cases = tuple(case for case in gap.suite.dataset.cases if case.id in case_ids)
    return replace(spec, cases=cases)


def _gap(compared: Compared, side: Side, other: Side) -> Gap:
    own_ids = {case.id for case in side.cases}
    # As the suite has them now: only those can be run.
    now = {case.id: case for case in compared.suite.dataset.cases}
    unasked = tuple(c for c in other.cases if c.id not in own_ids and now.get(c.id) == c)
    split = other.summary.split if unasked else side.summary.split
    return Gap(side, compared.suite, _unanswered(compared, side), unasked, split)


def _unanswered(compared: Compared, side: Side) -> tuple[str, ...]:
    scorer = compared.headline.scorer
    repeats = side.summary.repeats
    failed = 0
    lacking, without_score = [], []
    for case in side.cases:
        results = side.results.get(case.id, ())
        errors = sum(result.answer.outcome.is_error for result in results)
        failed += errors
        if errors or len(results) < repeats:
            lacking.append(case.id)
        elif any(r.scores.get(scorer) is None or r.scores[scorer].value is None for r in results):
            without_score.append(case.id)
    # Counts what a resumed run would repeat: cases where a scorer failed, but not cases for
    # which a scorer has no score.
    if side.summary.errors > failed:
        lacking += without_score
    return tuple(lacking)
