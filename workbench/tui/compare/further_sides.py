"""A third and a fourth side of a comparison: each compared with the same A."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.actions.comparing.compare import Compared, compare, named, rank
from workbench.actions.comparing.rerun_missing import Gap, gaps
from workbench.actions.comparing.side_runs import OnRun, Side
from workbench.actions.session import Session
from workbench.errors import UsageError
from workbench.present import numbers
from workbench.present.verdict_words import claim, effect, gate_word, listed
from workbench.tui.compare.columns import FURTHER
from workbench.tui.compare.rows import Answers, PairRow, answers_of
from workbench.tui.table.table_model import TableRow
from workbench.verdicts.conditions import decided_by
from workbench.verdicts.noise import noise_sentence
from workbench.verdicts.values import Gate

MOST = len(FURTHER)
NO_ANSWER = Answers()


@dataclass(frozen=True)
class Further:
    """One more candidate."""

    compared: Compared
    """With A, the baseline of B too."""
    answers: Mapping[str, Answers]
    """By case id."""
    gap: Gap
    """The cases that it lacks and A has."""


@dataclass(frozen=True)
class Standing:
    """One line of the head: a candidate and what the gate says to it alone."""

    letter: str
    label: str
    score: str
    word: str
    """The gate's word, which may be coloured."""
    gate: Gate
    effect: str


def read_further(session: Session, first: Compared, ref: str, on_run: OnRun) -> Further:
    """Compare A of `first` with one more REF on the same suite and split, running what is missing.

    Raises UsageError where it is A or B itself, and what `compare` raises.
    """
    compared = compare(
        session, first.a.summary.run_id, ref, first.suite.name, as_stored=True, on_run=on_run
    )
    run_id = compared.b.summary.run_id
    if run_id in (first.a.summary.run_id, first.b.summary.run_id):
        raise UsageError(f"{ref} is compared already", hint="pick another side")
    return Further(compared, answers_of(compared), gaps(compared)[1])


def with_further(rows: Iterable[TableRow], sides: Sequence[Further]) -> list[PairRow]:
    """The same rows, with what these sides answered."""
    return [
        replace(row, further=tuple(side.answers.get(row.case.id, NO_ANSWER) for side in sides))
        for row in rows
        if isinstance(row, PairRow)
    ]


def labels(first: Compared, sides: Sequence[Further]) -> list[str]:
    """Unique short names of A, B and the further sides."""
    return [side.source.short for side in _named(first, sides)]


def standings(first: Compared, sides: Sequence[Further]) -> list[Standing]:
    """Every candidate's own verdict."""
    comparisons = [first, *(side.compared for side in sides)]
    return [
        Standing(
            letter,
            label,
            numbers.score(one.b.summary.score),
            _word(one),
            one.gate,
            effect(one.headline),
        )
        for letter, label, one in zip("BCD", labels(first, sides)[1:], comparisons, strict=False)
    ]


def _word(compared: Compared) -> str:
    """What the gate says by all its scorers, where another than the headline's decides it."""
    if compared.gate is compared.headline.gate:
        return gate_word(compared.headline)
    others = decided_by(compared.gate, compared.comparisons, compared.beside.conditions)
    return f"{compared.gate.value.replace('_', ' ').upper()} by {listed(others)}"


def noise_lines(first: Compared, sides: Sequence[Further] = ()) -> list[str]:
    """What A's own noise says of every candidate, where A was run twice without the cache."""
    lines = []
    for letter, one in zip("BCD", [first, *(side.compared for side in sides)], strict=False):
        if one.noise is not None:
            itself = one.a.summary.fingerprint == one.b.summary.fingerprint
            lines.append(noise_sentence(one.headline, one.noise, b=letter, itself=itself))
    return lines


def claims(first: Compared, sides: Sequence[Further]) -> list[str]:
    """Which candidates may be called better though they are several, and what luck makes of it."""
    best = rank([first, *(side.compared for side in sides)])
    named = list(zip("BCD", best.candidates, strict=False))
    better = [letter for letter, of in named if of.claimed]
    others = [letter for letter, of in named if not of.claimed]
    if better and others:
        claimed = f"{listed(better)} may be called better; {listed(others)} may not"
    else:
        claimed = f"{listed(better) or 'none'} may be called better"
    lines = [f"as one of {len(named)} (Holm): {claimed}", best.note]
    return [line for line in lines if line]


def claims_in_full(first: Compared, sides: Sequence[Further]) -> dict[str, str]:
    """What each may claim, by its letter, with its p; nothing without further sides."""
    if not sides:
        return {}
    best = rank([first, *(side.compared for side in sides)]).candidates
    return {
        letter: claim(of.mid_p, of.holm_p, len(best), claimed=of.claimed)
        for letter, of in zip("BCD", best, strict=False)
    }


def _named(first: Compared, sides: Sequence[Further]) -> list[Side]:
    return named([first.a, first.b, *(side.compared.b for side in sides)])
