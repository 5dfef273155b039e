"""Rows of the compare screen: one case, the answer of every side, and the change."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.runs.spec.values import Result
from workbench.tui.table.case_texts import case_texts, flat_json, result_record
from workbench.tui.table.columns import Sign
from workbench.tui.table.copying import Copy
from workbench.tui.table.row_copies import diff_copy
from workbench.verdicts.case_changes import (
    Badness,
    Change,
    badness,
    changes_of,
    worst_first,
)
from workbench.verdicts.sample import mean

if TYPE_CHECKING:
    from workbench.actions.comparing.compare import Compared

SHORT = 40
SAME_ANSWER = "same answer"


@dataclass(frozen=True, slots=True)
class Answers:
    """A candidate's answers in one case, their mean score, and the change from A."""

    results: tuple[Result, ...] = ()
    score: float | None = None
    change: Change = "missing"

    @property
    def output(self) -> str:
        return output_of(self.results)


@dataclass(frozen=True, slots=True)
class PairRow:
    """One case of a comparison."""

    case: Case
    position: int
    change: Change
    score_a: float | None
    score_b: float | None
    a: tuple[Result, ...]
    b: tuple[Result, ...]
    rating: str = ""
    """What a person said about B's answer: good, bad, or nothing."""
    further: tuple[Answers, ...] = ()
    """Of C, then of D."""

    @property
    def key(self) -> str:
        return self.case.id

    @property
    def sign(self) -> Sign:
        return ""

    @property
    def answers(self) -> dict[str, tuple[Result, ...]]:
        """The results of every side by its letter."""
        further = (side.results for side in self.further)
        return dict(zip("ABCD", (self.a, self.b, *further), strict=False))

    @property
    def candidates(self) -> dict[str, Answers]:
        """Every side but A, by its letter."""
        b = Answers(self.b, self.score_b, self.change)
        return dict(zip("BCD", (b, *self.further), strict=False))

    @property
    def lead(self) -> str:
        """The letter of the side that changed worst; of several, the one furthest from A."""
        if not self.further:
            return "B"
        sides = self.candidates
        return min(sides, key=lambda x: (*self._badness(sides[x]), x))

    @property
    def worst(self) -> Change:
        """The change on the side that changed worst."""
        return self.candidates[self.lead].change

    @property
    def delta(self) -> float | None:
        """Score difference to A of the side that changed worst."""
        return self.delta_of(self.candidates[self.lead])

    def delta_of(self, side: Answers) -> float | None:
        if self.score_a is None or side.score is None:
            return None
        return side.score - self.score_a

    def became(self, change: Change) -> bool:
        """Whether the case broke, was fixed or is missing on any side; same: on all of them."""
        changes = {side.change for side in self.candidates.values()}
        return changes == {"same"} if change == "same" else change in changes

    @property
    def what_became(self) -> str:
        """The change: `broke`; with further sides `B same · C broke`."""
        if not self.further:
            return self.change
        return " · ".join(f"{x} {side.change}" for x, side in self.candidates.items())

    @property
    def output_a(self) -> str:
        return output_of(self.a)

    @property
    def output_b(self) -> str:
        return output_of(self.b)

    @property
    def sides(self) -> list[tuple[str, tuple[Result, ...]]]:
        """The results of every side by its letter."""
        return [("A", self.a), *((x, side.results) for x, side in self.candidates.items())]

    def rank(self) -> tuple[Any, ...]:
        return (*worst_first([self._badness(s) for s in self.candidates.values()]), self.position)

    def _badness(self, side: Answers) -> Badness:
        return badness(side.change, self.delta_of(side))

    def haystack(self) -> str:
        case = self.case
        outputs = (self.output_a, self.output_b, *(side.output for side in self.further))
        texts = (case.id, *outputs, flat_json(case.expected))
        return "\n".join((*texts, flat_json(case.inputs), *case.tags))

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        return {
            **self.case.content(),
            "change": self.worst,
            "changes": {x.casefold(): side.change for x, side in self.candidates.items()},
            "rating": self.rating or None,
            **{x.casefold(): [result_record(r) for r in results] for x, results in self.sides},
        }

    def texts(self) -> Sequence[Copy]:
        """What can be copied of it."""
        return [
            *case_texts(self.case),
            *(
                Copy(f"output_{x.casefold()}", f"the output of {x}", output_of(results))
                for x, results in self.sides
            ),
            *diff_copy(self.output_a, self.output_b),
        ]

    @property
    def what_changed(self) -> str:
        """The answers that differ from A's, worst first: `C: bug → billing · B D: bug → how-to`."""
        if not self.further:
            return what_changed(self.output_a, self.output_b)
        sides, groups = self.candidates, dict[str, list[str]]()
        for letter in sorted(sides, key=lambda x: (*self._badness(sides[x]), x)):
            groups.setdefault(sides[letter].output, []).append(letter)
        changes = [
            f"{' '.join(letters)}: {what_changed(self.output_a, output)}"
            for output, letters in groups.items()
            if output != self.output_a
        ]
        return " · ".join(changes) or SAME_ANSWER


def answers_of(compared: Compared) -> dict[str, Answers]:
    """What the candidate of a comparison answered, by case id, as the headline judges it."""
    headline = compared.headline
    changes = changes_of(headline)
    pairs = {pair.case_id: pair for pair in compared.pairs.get(headline.scorer, ())}
    return {
        case.id: Answers(
            compared.b.results.get(case.id, ()),
            mean(pairs[case.id].b) if case.id in pairs else None,
            changes.get(case.id, "same"),
        )
        for case in compared.cases
    }


def pair_rows(compared: Compared, ratings: Mapping[str, str]) -> list[PairRow]:
    """A row for each case, with its change according to the headline comparison."""
    answers = answers_of(compared)
    pairs = {pair.case_id: pair for pair in compared.pairs.get(compared.headline.scorer, ())}
    return [
        PairRow(
            case=case,
            position=position,
            change=answers[case.id].change,
            score_a=mean(pairs[case.id].a) if case.id in pairs else None,
            score_b=answers[case.id].score,
            a=compared.a.results.get(case.id, ()),
            b=answers[case.id].results,
            rating=ratings.get(case.id, ""),
        )
        for position, case in enumerate(compared.cases)
    ]


def counts_of(rows: Collection[PairRow]) -> dict[str, int]:
    """How many cases each named set holds; with further sides a case may be in several."""
    order: tuple[Change, ...] = ("fixed", "broke", "same", "missing")
    counts = {str(change): sum(row.became(change) for row in rows) for change in order}
    return counts | {"all": len(rows)}


def output_of(results: tuple[Result, ...]) -> str:
    """A side's answers, one paragraph per repeat; errors in brackets."""
    texts = []
    for result in results:
        answer = result.answer
        if answer.outcome.is_error or not answer.text:
            texts.append(f"({answer.error or answer.outcome.value})")
        else:
            texts.append(answer.text)
    if len(texts) < 2:
        return texts[0] if texts else "(no answer)"
    return "\n\n".join(f"#{at}\n{text}" for at, text in enumerate(texts, 1))


def what_against_a(row: PairRow, side: Answers) -> str:
    """A side's score in a case, and whether it answers as A does."""
    same = "same answer as A" if side.output == row.output_a else "differs from A"
    return f"{numbers.score(side.score, 2)}, {same}"


def what_changed(a: str, b: str) -> str:
    """One short line: `bug → billing`; of long answers the place of the first difference."""
    if a == b:
        return SAME_ANSWER
    if len(a) <= SHORT and len(b) <= SHORT:
        return f"{a} → {b}"
    start = next(
        (at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    # From the beginning of the word with the first difference.
    start = max(a.rfind(" ", 0, start), a.rfind("\n", 0, start)) + 1
    before = "…" if start else ""
    return f"{before}{_piece(a, start)} → {before}{_piece(b, start)}"


def _piece(text: str, start: int) -> str:
    piece = text[start : start + SHORT]
    return f"{piece}…" if len(text) > start + SHORT else piece or "(ends)"
