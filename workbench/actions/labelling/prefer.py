"""Which of two prompts' answers a person prefers: what is asked next, and the verdict so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.actions.comparing.side_runs import OnRun
from workbench.actions.labelling.pairs import (
    Pair,
    Pairs,
    answered_pairs,
    equality,
    read_inputs,
)
from workbench.actions.refs import Source, resolve
from workbench.actions.running.costs import OnPlanned
from workbench.actions.session import Session
from workbench.datasets.readers import SUFFIXES
from workbench.datasets.values import Case
from workbench.datasets.writer import add_cases
from workbench.errors import NotFound, UsageError
from workbench.runs.labels.preferences import PreferenceRecord, Preferences, Reading
from workbench.runs.labels.records import NOTE, SKIP, standing
from workbench.runs.spec.suite import DEFAULT_BASELINE, RunOptions
from workbench.verdicts.judges.pairwise import TIE, A, B
from workbench.verdicts.judges.preferences import BOTH_BAD, CHOICES, Preferred, preferred

LEFT, RIGHT = "left", "right"
_TAG = "preferred"


@dataclass(frozen=True)
class Table:
    """The pairs that one person compares, in order, and what that person said of them."""

    number: int
    """Of its session in runs.db."""
    reading: Reading
    pairs: Pairs
    records: tuple[PreferenceRecord, ...]
    """Without those that were undone, oldest first."""
    opened_after: int = 0
    """Pairs that were skipped in records up to this one are asked again."""

    @cached_property
    def choices(self) -> dict[tuple[str, str, str], str]:
        """What was said of each pair, in the order in which it was said."""
        chosen: dict[tuple[str, str, str], str] = {}
        for one in self.records:
            if one.action in CHOICES:
                chosen.pop(one.key, None)
                chosen[one.key] = one.action
        return chosen

    @cached_property
    def skipped(self) -> frozenset[tuple[str, str, str]]:
        """Pairs that were skipped and are not asked again."""
        skips = {one.key: one.id for one in self.records if one.action == SKIP}
        later = {key for key, number in skips.items() if number > self.opened_after}
        return frozenset(later - self.choices.keys())

    @cached_property
    def open(self) -> list[Pair]:
        """The pairs that are still asked about."""
        closed = self.choices.keys() | self.skipped
        return [pair for pair in self.pairs.pairs if pair.key not in closed]

    @cached_property
    def verdict(self) -> Preferred:
        """What was said so far, in its order."""
        return preferred(list(self.choices.values()), self.reading.confidence)

    def note_of(self, pair: Pair) -> str:
        """The last note on a pair; empty: none."""
        notes = [o.note for o in self.records if o.action == NOTE and o.key == pair.key]
        return notes[-1] if notes else ""


@dataclass(frozen=True)
class PreferOptions:
    """How a table is laid."""

    against: str = ""
    """The REF of A; empty: what is live in production."""
    columns: Mapping[str, str] | None = None
    """The column of each input that has another name in the log."""
    equal: Any = None
    """When two answers are equal: a scorer's name, or its name with options."""
    limit: int | None = None
    """Of the inputs."""
    confidence: float = 0.95
    concurrency: int | None = None
    budget_usd: float | None = None
    again: bool = False
    """Ask again about pairs that were skipped."""


def lay_table(
    session: Session,
    ref: str,
    path: Path,
    options: PreferOptions | None = None,
    *,
    on_planned: OnPlanned | None = None,
    on_run: OnRun | None = None,
) -> Table:
    """Run what is live and the candidate `ref` on the inputs in a file, and go on with what the
    session's author said of their answers before. Blocks.

    Raises NotFound where nothing is live, UsageError for two equal prompts, DatasetError for inputs
    that do not fit, and what a run raises.
    """
    options = options or PreferOptions()
    b = resolve(session, ref)
    a = _against(session, b, options.against)
    if a.prompt.fingerprint == b.prompt.fingerprint:
        raise UsageError(f"{a.name} and {b.name} are one and the same prompt", hint="--against REF")
    scorer, equal = equality(options.equal)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: no reader for it", hint=f"one of {', '.join(SUFFIXES)}")
    dataset = read_inputs(path, a, b, options.columns or {}, options.limit)
    reading = Reading(
        rater=session.author,
        prompt_id=b.prompt.prompt_id,
        a_label=a.name,
        a_fingerprint=a.prompt.fingerprint,
        b_label=b.name,
        b_fingerprint=b.prompt.fingerprint,
        source=path.name,
        cases=dataset.fingerprint,
        equal=equal,
        confidence=options.confidence,
        seed=dataset.seed,
    )
    run_options = RunOptions(concurrency=options.concurrency) if options.concurrency else None
    pairs = answered_pairs(
        session,
        a,
        b,
        dataset,
        scorer,
        reading.seed,
        options=run_options,
        budget_usd=options.budget_usd,
        on_planned=on_planned,
        on_run=on_run,
    )
    number, reading = Preferences(session.store.database).open(reading)
    records = _records(session, number)
    newest = records[-1].id if records and options.again else 0
    return Table(number, reading, pairs, records, newest)


def _against(session: Session, b: Source, ref: str) -> Source:
    if ref:
        return resolve(session, ref)
    live = f"{b.prompt.prompt_id}@{DEFAULT_BASELINE}"
    try:
        return resolve(session, live)
    except NotFound as error:
        raise NotFound(
            f"nothing to compare with: {error.message}", hint="--against REF, such as a version"
        ) from error


def _records(session: Session, number: int) -> tuple[PreferenceRecord, ...]:
    return tuple(standing(Preferences(session.store.database).records(number)))


def side_of(pair: Pair, place: str) -> str:
    """The side, A or B, whose answer is shown there."""
    return B if (place == LEFT) is pair.swapped else A


def prefer(session: Session, table: Table, pair: Pair, choice: str) -> Table:
    """Store a choice: LEFT, RIGHT, tie or both_bad; returns the table with it."""
    action = side_of(pair, choice) if choice in (LEFT, RIGHT) else choice
    if action not in CHOICES:
        raise UsageError(f"{choice!r} is none of {LEFT}, {RIGHT}, {TIE}, {BOTH_BAD}")
    return _added(session, table, pair, action)


def skip(session: Session, table: Table, pair: Pair) -> Table:
    """Leave a pair out."""
    return _added(session, table, pair, SKIP)


def note(session: Session, table: Table, pair: Pair, text: str) -> Table:
    """Store a note on a pair, in place of an earlier one."""
    return _added(session, table, pair, NOTE, text.strip())


def undo(session: Session, table: Table) -> tuple[Table, Pair | None]:
    """Take the last record back; returns its pair too, None where there is none."""
    if not table.records:
        return table, None
    last = table.records[-1]
    Preferences(session.store.database).undo(last)
    pair = next((pair for pair in table.pairs.pairs if pair.key == last.key), None)
    return replace(table, records=_records(session, table.number)), pair


def _added(session: Session, table: Table, pair: Pair, action: str, text: str = "") -> Table:
    Preferences(session.store.database).add(
        table.number, pair.case, (pair.a, pair.b), pair.swapped, action, text
    )
    return replace(table, records=_records(session, table.number))


def judged_cases(table: Table) -> list[Case]:
    """Each pair that was judged as a case: the preferred answer is expected, either where neither
    was preferred, nothing where both are bad. A tag says which of these it is.
    """
    by_key = {pair.key: pair for pair in table.pairs.pairs}
    cases = []
    for key, choice in table.choices.items():
        pair = by_key.get(key)
        if pair is None:
            continue
        expected: Any = {A: pair.a, B: pair.b, TIE: [pair.a, pair.b]}.get(choice)
        tag = choice if choice in (TIE, BOTH_BAD) else _TAG
        tags = tuple(dict.fromkeys((*pair.case.tags, tag)))
        cases.append(replace(pair.case, expected=expected, tags=tags, group=None, split=None))
    return cases


def write_cases(table: Table, path: Path) -> int:
    """Add the judged pairs to a JSONL dataset, which is begun where there is none; cases whose
    inputs are there stay as they are. Returns how many were added. Raises DatasetError.
    """
    return add_cases(path, judged_cases(table))
