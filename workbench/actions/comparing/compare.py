"""Compare two prompts case by case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.actions.comparing.gate_uses import note_comparison
from workbench.actions.comparing.preview import Preview, part_of
from workbench.actions.comparing.sides import SAME, asked_run, check_sides, split_of, suite_of
from workbench.actions.refs import Source, resolve, told_apart
from workbench.actions.running import run as running
from workbench.actions.running.costs import Ahead, OnAhead
from workbench.actions.session import Session
from workbench.datasets.distinct import check_consistent, distinct
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import Suite
from workbench.runs.spec.values import Result, RunSpec, RunStatus, RunSummary
from workbench.verdicts.comparison import combine, compare_shuffled
from workbench.verdicts.multiple_comparisons import best_of, best_of_note, holm, mid_p
from workbench.verdicts.noise import Noise, noise_of
from workbench.verdicts.pairing import by_case, check_comparable, pair_results
from workbench.verdicts.values import CasePair, Comparison, Gate

if TYPE_CHECKING:
    from workbench.runs.engine.live import LiveRun

OnRun = Callable[["LiveRun", str], None]
"""Called with each run that had to be started, and the name of what it runs."""


@dataclass(frozen=True)
class Side:
    """One of the two: what it is, its run, its results by case id."""

    source: Source
    summary: RunSummary
    results: Mapping[str, tuple[Result, ...]]
    cases: tuple[Case, ...]
    """What the run was asked, answered or not."""


@dataclass(frozen=True)
class Wanted:
    """A side before it is run: a run by its id, or what to ask."""

    source: Source
    spec: RunSpec | None
    """None: a stored run was named."""
    run_id: str | None
    """The stored run that has all of it; None: it has to be run."""
    altered: int = 0
    """Results of a stored run that cannot be used, because they were altered since."""


@dataclass(frozen=True)
class Compared:
    """Two runs paired by case. B is the candidate, A the baseline."""

    a: Side
    b: Side
    suite: Suite
    split: str
    cases: tuple[Case, ...]
    pairs: Mapping[str, tuple[CasePair, ...]]
    """By scorer."""
    comparisons: tuple[Comparison, ...]
    """One a gating scorer, the headline first."""
    gate: Gate
    noise: Noise | None = None
    """What A's answers flip by themselves, where it was run twice without the cache."""
    preview: Preview | None = None
    """Set where a sample was compared: that decides nothing."""
    notes: tuple[str, ...] = ()
    """What must be known of the cases."""

    @property
    def headline(self) -> Comparison:
        return self.comparisons[0]

    @property
    def part(self) -> str:
        """`5 of 20 cases` where the split has more cases than were compared; else nothing."""
        available = len(self.suite.cases(self.split))
        return f"{len(self.cases)} of {available} cases" if len(self.cases) < available else ""


@dataclass(frozen=True)
class Candidate:
    """One of several candidates that were compared with the same baseline."""

    compared: Compared
    mid_p: float
    """Of the headline alone; p where the method has no mid-p."""
    holm_p: float
    """Adjusted for the number of candidates."""
    claimed: bool
    """It may be called better although it is one of several."""


@dataclass(frozen=True)
class BestOf:
    """Several candidates against one baseline, in the order in which they were named."""

    candidates: tuple[Candidate, ...]
    note: str
    """How far ahead luck alone would put the best of them; empty for one."""
    notes: tuple[str, ...] = ()
    """What was taken for something that a side leaves out, and what is said of the cases."""


def compare(
    session: Session,
    ref_a: str,
    ref_b: str,
    suite_name: str | None = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    as_stored: bool = False,
    on_ahead: OnAhead | None = None,
    on_run: OnRun | None = None,
) -> Compared:
    """Pair A and B on all cases of the split, running what is missing. Blocks.

    With `limit` it is a preview of a seeded sample, which decides nothing. With `as_stored` calls
    that failed in a stored run are not made again: their cases are missing. `on_ahead` is told
    what has no stored run.
    Raises UsageError when the two cannot be paired, or when a run did not finish.
    """
    found = compare_many(
        session,
        ref_a,
        [ref_b],
        suite_name,
        split=split,
        limit=limit,
        fresh=fresh,
        as_stored=as_stored,
        on_ahead=on_ahead,
        on_run=on_run,
    )
    return found.candidates[0].compared


def compare_many(
    session: Session,
    ref_a: str,
    refs: Sequence[str],
    suite_name: str | None = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    as_stored: bool = False,
    on_ahead: OnAhead | None = None,
    on_run: OnRun | None = None,
) -> BestOf:
    """Compare each of `refs` with the same A, which is run once at most. Blocks.

    They may be of several prompts: what counts is that each takes the inputs of the suite.
    Raises UsageError as `compare` does, and for a candidate that is named twice.
    """
    a, *others = told_apart([resolve(session, ref) for ref in (ref_a, *refs)])
    if len({(b.prompt.fingerprint, b.run_id) for b in others}) < len(others):
        raise UsageError(f"two of {', '.join(refs)} are the same", hint="name each candidate once")
    suite = suite_of(session, (a, *others), suite_name)
    split = split or split_of(session, a, *others)
    cases, preview = suite.distinct_cases(split, [source.prompt for source in (a, *others)]), None
    check_consistent(cases, suite.dataset.place_of)
    if limit is not None and limit < len(cases):
        preview = Preview(limit, len(cases), _seed(suite))
        cases = preview.sample(cases)
    check_sides(session, (a, *others), suite, cases, fresh=fresh)
    wanted = [
        look_up(session, source, suite, split, fresh, as_stored, cases) for source in (a, *others)
    ]
    if on_ahead:
        on_ahead([Ahead(item.spec) for item in wanted if item.spec and not item.run_id])
    side_a, *sides = named([side_of(session, item, on_run) for item in wanted])
    for side in sides:
        note_comparison(session, suite, side.source.prompt, cases)
    found = [pair_up(side_a, side_b, suite, split, preview) for side_b in sides]
    best = rank([replace(compared, noise=own_noise(session, compared)) for compared in found])
    taken = [source.note for source in (a, *others) if source.note]
    said = [note for one in found for note in one.notes]
    return replace(best, notes=tuple(dict.fromkeys([*taken, *said])))


def named(sides: Sequence[Side]) -> list[Side]:
    """The same sides, no two of one short name."""
    run_ids = [side.summary.run_id for side in sides]
    sources = told_apart([side.source for side in sides], run_ids)
    return [replace(side, source=source) for side, source in zip(sides, sources, strict=True)]


def rank(compared: Sequence[Compared]) -> BestOf:
    """What each of several comparisons with one baseline may claim, given the others."""
    headlines = [item.headline for item in compared]
    alone = [mid_p(headline) for headline in headlines]
    claims = best_of(headlines, compared[0].suite.gate.confidence) if compared else ()
    return BestOf(
        tuple(map(Candidate, compared, alone, holm(alone), claims)), best_of_note(headlines)
    )


def pair_up(
    a: Side, b: Side, suite: Suite, split: str | None, preview: Preview | None = None
) -> Compared:
    """Two finished sides, paired and judged. Raises UsageError when they cannot be."""
    if a.summary.run_id == b.summary.run_id:
        raise UsageError(f"{SAME}: {a.summary.run_id}", hint="pick another side")
    check_comparable(a.summary, b.summary, a.cases, b.cases)
    asked = {case.id for case in a.cases} & {case.id for case in b.cases}
    prompts = (a.source.prompt, b.source.prompt)
    cases = distinct((case for case in suite.dataset.cases if case.id in asked), prompts)
    if preview:
        cases = preview.sample(cases)
    else:
        preview = part_of(suite, split, cases, (a.summary, b.summary), prompts)
    pairs = {
        scorer.name: pair_results(_flat(a.results), _flat(b.results), cases, scorer.name)
        for scorer in suite.scorers
    }
    seed = _seed(suite)
    comparisons = tuple(
        compare_shuffled(pairs[name], suite.gate, name, seed) for name in suite.gate.scorers
    )
    if preview:
        comparisons = tuple(preview.mark(found) for found in comparisons)
    return Compared(
        a,
        b,
        suite,
        running.split_name(suite, split),
        cases,
        pairs,
        comparisons,
        combine(comparisons),
        preview=preview,
        notes=running.case_notes(suite, split or b.summary.split, cases, prompts),
    )


def swapped(session: Session, compared: Compared) -> Compared:
    """The same two runs with A as the candidate. Nothing is run."""
    turned = pair_up(compared.b, compared.a, compared.suite, compared.split, compared.preview)
    return replace(turned, noise=own_noise(session, turned))


def own_noise(session: Session, compared: Compared) -> Noise | None:
    """How much A flips against itself: its two newest runs on these cases that asked anew.

    None where there are no two. A run from the cache repeats answers, so it shows no noise.
    """
    a = compared.a.summary
    scorer = compared.headline.scorer
    asked = [
        run.run_id
        for run in session.store.summaries(a.prompt_id, a.suite)
        if run.fingerprint == a.fingerprint and run.suite_parts == a.suite_parts
        if run.status is RunStatus.COMPLETE and not run.cached
    ]
    if len(asked) < 2:
        return None
    newer, older = (session.store.results(run_id) for run_id in asked[:2])
    return noise_of(pair_results(older, newer, compared.cases, scorer))


def look_up(
    session: Session,
    source: Source,
    suite: Suite,
    split: str | None,
    fresh: bool = False,
    as_stored: bool = False,
    cases: tuple[Case, ...] | None = None,
) -> Wanted:
    """What a side needs, and whether a stored run has all of it: of `cases` alone where they are
    given. With `as_stored` one does whose calls failed.
    """
    if source.run_id:
        return Wanted(source, None, source.run_id)
    spec = running.make_spec(source, suite, split=split, fresh=fresh, settled=source.is_settled)
    if cases is not None:
        spec = replace(spec, cases=cases)
    found = _find(session, spec)
    if not found and as_stored and not fresh:
        found = asked_run(session, spec)
    return Wanted(source, spec, found)


def side_of(session: Session, side: Wanted, on_run: OnRun | None) -> Side:
    """The results of one side: stored ones if they are all there, else those of a new run."""
    source, spec = side.source, side.spec
    if spec is None:
        return stored_side(session, source, str(source.run_id))
    found = stored_side(
        session, source, side.run_id or _new_run(session, spec, source.name, on_run)
    )
    wanted = {case.id for case in spec.cases}
    # A stored run may have been asked more than this comparison looks at.
    return replace(
        found,
        results={case_id: group for case_id, group in found.results.items() if case_id in wanted},
        cases=tuple(case for case in found.cases if case.id in wanted),
    )


def finished_run(session: Session, spec: RunSpec, name: str, on_run: OnRun | None) -> str:
    """The id of a complete run of `spec`: a stored one, or a new one that is waited for.

    A new one that stays incomplete is returned too: its missing cases are counted as missing.
    Raises UsageError when the run was stopped before it could say anything.
    """
    return _find(session, spec) or _new_run(session, spec, name, on_run)


def _find(session: Session, spec: RunSpec) -> str | None:
    if spec.fresh:
        return None
    case_ids = [case.id for case in spec.cases]
    return session.store.find(spec.prompt.fingerprint, spec.suite.parts, case_ids, cases=spec.cases)


def _new_run(session: Session, spec: RunSpec, name: str, on_run: OnRun | None) -> str:
    live = running.start(session, spec)
    if on_run:
        on_run(live, name)
    summary = live.wait()
    if summary.status is RunStatus.CANCELLED or not summary.scored:
        reason = summary.reason or "it was stopped"
        raise UsageError(f"the run of {name} has no results: {reason}")
    return summary.run_id


def stored_side(session: Session, source: Source, run_id: str) -> Side:
    """A side from its stored run."""
    results = by_case(session.store.results(run_id))
    return Side(source, session.store.summary(run_id), results, session.store.cases(run_id))


def _seed(suite: Suite) -> int:
    """Of the dataset alone: the same cases are shuffled alike for everybody."""
    return int(suite.dataset.fingerprint[:8], 16)


def _flat(results: Mapping[str, tuple[Result, ...]]) -> list[Result]:
    return [result for group in results.values() for result in group]
