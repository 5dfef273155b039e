"""A third and a fourth side of a comparison: each compared with the same A."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from workbench.actions.bench import Bench
from workbench.actions.compare import Compared, OnRun, compare, rank
from workbench.actions.fill import Gap, gaps
from workbench.errors import UsageError
from workbench.present import numbers
from workbench.present.verdict_words import headline
from workbench.tui.pair_rows import FURTHER, Answers, PairRow, answers_of
from workbench.tui.table_model import TableRow

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
    """What it lacks beside A."""

    @property
    def label(self) -> str:
        """Its short name: draft, 1.2.0, or the label of its run."""
        side = self.compared.b
        return side.source.version or side.source.label or side.summary.label


def read_further(bench: Bench, first: Compared, ref: str, on_run: OnRun) -> Further:
    """Compare A of `first` with one more REF on the same suite and split, running what is missing.

    Raises UsageError where it is A or B itself, and what `compare` raises.
    """
    found = compare(
        bench, first.a.summary.run_id, ref, first.suite.name, as_stored=True, on_run=on_run
    )
    run_id = found.b.summary.run_id
    if run_id in (first.a.summary.run_id, first.b.summary.run_id):
        raise UsageError(f"{ref} is compared already", hint="pick another side")
    return Further(found, answers_of(found), gaps(found)[1])


def with_further(rows: Iterable[TableRow], sides: Sequence[Further]) -> list[PairRow]:
    """The same rows, with what these sides answered."""
    return [
        replace(row, further=tuple(side.answers.get(row.case.id, NO_ANSWER) for side in sides))
        for row in rows
        if isinstance(row, PairRow)
    ]


def further_lines(first: Compared, sides: Sequence[Further]) -> list[str]:
    """What the head says of them: a line each, and what may be claimed of the best of all."""
    if not sides:
        return []
    best = rank([first, *(side.compared for side in sides)])
    lines = []
    for letter, side, of in zip("CD", sides, best.candidates[1:], strict=False):
        found = of.compared
        verdict = headline(found.headline, found.suite.gate, a="A", b=letter)
        score = numbers.score(found.b.summary.score)
        lines.append(f"{letter} {side.label}  {score}  {verdict}")
    adjusted = [
        f"{letter} p {of.holm_p:.3g}{' better' if of.claimed else ''}"
        for letter, of in zip("BCD", best.candidates, strict=False)
    ]
    said = f"Holm over {len(best.candidates)}: {', '.join(adjusted)}"
    return [*lines, f"{said} · {best.note}" if best.note else said]
