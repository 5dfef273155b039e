"""Compare two prompts case by case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from workbench.actions.comparing.beside import NOTHING, Beside, beside, own_noise
from workbench.actions.comparing.gate_uses import note_comparison
from workbench.actions.comparing.imports import import_notes
from workbench.actions.comparing.preview import Preview, part_of
from workbench.actions.comparing.side_runs import OnRun, Side, plan_side, side_of
from workbench.actions.comparing.sides import SAME, check_sides, split_of, suite_of
from workbench.actions.refs import Source, resolve, with_distinct_names
from workbench.actions.running import run as running
from workbench.actions.running.costs import OnPlanned, PlannedRun
from workbench.actions.running.judges import uncalibrated
from workbench.actions.running.of_versions import Known, known_errors, people_pairs
from workbench.actions.session import Session
from workbench.datasets.distinct import check_consistent, distinct
from workbench.datasets.values import Case
from workbench.errors import UsageError
from workbench.runs.spec.suite import Suite
from workbench.verdicts.comparison import compare_shuffled, undecided
from workbench.verdicts.conditions import gate_of
from workbench.verdicts.judges.deciding import by_correction
from workbench.verdicts.multiple_comparisons import best_of, best_of_note, holm, mid_p
from workbench.verdicts.noise import Noise
from workbench.verdicts.pairing import check_comparable, pair_results
from workbench.verdicts.raw_values import people_of
from workbench.verdicts.values import CasePair, Comparison, Gate


@dataclass(frozen=True)
class Compared:
    """Two runs paired by case. B is the candidate, A the baseline."""

    a: Side
    b: Side
    suite: Suite
    split: str
    cases: tuple[Case, ...]
    pairs: Mapping[str, tuple[CasePair, ...]]
    """Pairs by scorer name."""
    comparisons: tuple[Comparison, ...]
    """One per gating scorer, the headline scorer first."""
    gate: Gate
    noise: Noise | None = None
    """How often A's answers flip by themselves, if A was run twice without the cache."""
    preview: Preview | None = None
    """Set for a comparison of a sample, which decides nothing."""
    notes: tuple[str, ...] = ()
    """Notes about the cases."""
    beside: Beside = NOTHING

    @property
    def headline(self) -> Comparison:
        return self.comparisons[0]

    @property
    def part(self) -> str:
        """`5 of 20 cases` where the split has more cases than were compared; else empty."""
        available = len(self.suite.cases(self.split))
        return f"{len(self.cases)} of {available} cases" if len(self.cases) < available else ""


@dataclass(frozen=True)
class Candidate:
    """One of several candidates that were compared with the same baseline."""

    compared: Compared
    mid_p: float
    """Mid-p-value by the headline scorer, or p where the method has no mid-p."""
    holm_p: float
    """p-value adjusted for the number of candidates (Holm)."""
    claimed: bool
    """Whether it may be called better, given the number of candidates."""


@dataclass(frozen=True)
class BestOf:
    """Several candidates against one baseline, in the order in which they were named."""

    candidates: tuple[Candidate, ...]
    note: str
    """How far ahead the best candidate would be by chance alone; empty for one candidate."""
    notes: tuple[str, ...] = ()
    """Notes about the sides and the cases."""


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
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Compared:
    """Pair A and B on all cases of the split, running what is missing. Blocks.

    With `limit` it is a preview of a seeded sample, which decides nothing. With `as_stored` calls
    that failed in a stored run are not made again: their cases are missing. `on_planned` gets
    the runs to make.
    Raises UsageError when the two cannot be paired, or when a run did not finish.
    """
    best = compare_many(
        session,
        ref_a,
        [ref_b],
        suite_name,
        split=split,
        limit=limit,
        fresh=fresh,
        as_stored=as_stored,
        on_planned=on_planned,
        on_run=on_run,
    )
    return best.candidates[0].compared


def compare_many(
    session: Session,
    ref_a: str | Source,
    refs: Sequence[str | Source],
    suite_name: str | None = None,
    *,
    split: str | None = None,
    limit: int | None = None,
    fresh: bool = False,
    as_stored: bool = False,
    labels: Path | None = None,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> BestOf:
    """Compare each of `refs` with the same A, which is run once at most. Blocks. Each is a REF, or
    what one names. `labels` is a file of people's labels, which correct the judges of the gate.

    They may be of several prompts: what counts is that each takes the inputs of the suite.
    Raises UsageError as `compare` does, and for a candidate that is named twice.
    """
    a, *others = with_distinct_names(
        [ref if isinstance(ref, Source) else resolve(session, ref) for ref in (ref_a, *refs)]
    )
    if len({(b.prompt.fingerprint, b.run_id) for b in others}) < len(others):
        named_twice = ", ".join(b.short for b in others)
        raise UsageError(f"two of {named_twice} are the same", hint="name each candidate once")
    suite = suite_of(session, (a, *others), suite_name)
    split = split or split_of(session, a, *others)
    cases, preview = suite.distinct_cases(split, [source.prompt for source in (a, *others)]), None
    check_consistent(cases, suite.dataset.place_of)
    if limit is not None and limit < len(cases):
        preview = Preview(limit, len(cases), suite.dataset.seed)
        cases = preview.sample(cases)
    check_sides(session, (a, *others), suite, cases, fresh=fresh)
    planned = [
        plan_side(session, source, suite, split, fresh, as_stored, cases, imported=True)
        for source in (a, *others)
    ]
    if on_planned:
        on_planned([PlannedRun(item.spec) for item in planned if item.spec and not item.run_id])
    side_a, *sides = named([side_of(session, item, on_run) for item in planned])
    for side in sides:
        note_comparison(session, suite, side.source.prompt, cases)
    known = known_errors(session, suite, labels)
    pairings = [pair_up(side_a, side_b, suite, split, preview, known) for side_b in sides]
    best = rank([_with_noise(session, compared) for compared in pairings])
    source_notes = [source.note for source in (a, *others) if source.note]
    source_notes += import_notes(side.summary for side in (side_a, *sides))
    case_notes = [note for one in pairings for note in one.notes]
    return replace(best, notes=tuple(dict.fromkeys([*source_notes, *case_notes])))


def named(sides: Sequence[Side]) -> list[Side]:
    """The same sides with distinct short names."""
    run_ids = [side.summary.run_id for side in sides]
    sources = with_distinct_names([side.source for side in sides], run_ids)
    return [replace(side, source=source) for side, source in zip(sides, sources, strict=True)]


def rank(compared: Sequence[Compared]) -> BestOf:
    """Adjust the claims of several comparisons with one baseline for their number."""
    headlines = [item.headline for item in compared]
    alone = [mid_p(headline) for headline in headlines]
    claims = best_of(headlines, compared[0].suite.gate.confidence) if compared else ()
    return BestOf(
        tuple(map(Candidate, compared, alone, holm(alone), claims)), best_of_note(headlines)
    )


def pair_up(
    a: Side,
    b: Side,
    suite: Suite,
    split: str | None,
    preview: Preview | None = None,
    known: Known | None = None,
) -> Compared:
    """Two finished sides, paired and judged; judges of the gate are corrected by what is `known` of
    their errors. Raises UsageError when they cannot be paired.
    """
    if a.summary.run_id == b.summary.run_id:
        raise UsageError(f"{SAME}: {a.summary.run_id}", hint="pick another side")
    check_comparable(a.summary, b.summary, a.cases, b.cases)
    common_ids = {case.id for case in a.cases} & {case.id for case in b.cases}
    prompts = (a.source.prompt, b.source.prompt)
    cases = distinct((case for case in suite.dataset.cases if case.id in common_ids), prompts)
    if preview:
        cases = preview.sample(cases)
    else:
        preview = part_of(suite, split, cases, (a.summary, b.summary), prompts)
    pairs = {
        scorer.name: pair_results(a.all_results, b.all_results, cases, scorer.name)
        for scorer in suite.scorers
    }
    seed = suite.dataset.seed
    errors = dict(known.errors) if known else {}
    people = people_pairs(known.labels, cases, a.all_results, b.all_results) if known else {}

    def one(name: str) -> Comparison:
        raw = compare_shuffled(pairs[name], suite.gate, name, seed)
        if name not in errors:
            return raw
        labels = people.get(people_of(name), ())
        return by_correction(raw, pairs[name], labels, errors[name], suite.gate)

    comparisons = tuple(map(one, suite.gate.scorers))
    further = (
        NOTHING
        if preview
        else beside(
            suite,
            cases,
            {**pairs, **people},
            a.all_results,
            b.all_results,
            judges=tuple(errors.items()),
            other_model=a.summary.model != b.summary.model,
        )
    )
    if preview:
        comparisons = tuple(preview.mark(comparison) for comparison in comparisons)
    return Compared(
        a,
        b,
        suite,
        running.split_name(suite, split),
        cases,
        pairs,
        comparisons,
        gate_of(comparisons, further.conditions),
        preview=preview,
        notes=running.case_notes(suite, split or b.summary.split, cases, prompts),
        beside=further,
    )


def swapped(session: Session, compared: Compared) -> Compared:
    """The same two runs with A as the candidate, without any call."""
    known = known_errors(session, compared.suite)
    a, b = compared.b, compared.a
    turned = pair_up(a, b, compared.suite, compared.split, compared.preview, known)
    return _with_noise(session, turned)


def _with_noise(session: Session, compared: Compared) -> Compared:
    why = next(uncalibrated(session, compared.suite), "")
    if why:
        comparisons = tuple(undecided(each, why) for each in compared.comparisons)
        compared = replace(compared, comparisons=comparisons, gate=Gate.NO_DECISION)
    scorer, cases = compared.headline.scorer, compared.cases
    return replace(compared, noise=own_noise(session, compared.a.summary, scorer, cases))
