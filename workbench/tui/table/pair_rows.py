"""Rows of the compare screen: one case, what every side answered, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.runs.spec.values import Result
from workbench.tui.table.case_rows import flat_json
from workbench.tui.table.filters import Value
from workbench.tui.table.table_model import Column, Sign
from workbench.verdicts.case_changes import (
    CHANGES,
    Badness,
    Change,
    badness,
    changes_of,
    worst_first,
)
from workbench.verdicts.sample import mean

if TYPE_CHECKING:
    from workbench.actions.comparing.compare import Compared

_MARKS: Mapping[Change, str] = {"broke": "▼", "fixed": "▲", "missing": "?", "same": " "}
_SIGNS: Mapping[Change, Sign] = {"broke": "down", "fixed": "up", "missing": "error", "same": ""}
SHORT = 40
SAME_ANSWER = "same answer"

PAIR_COLUMNS = (
    Column("mark", "", 1, frozen=True),
    Column("case", "case", 10, frozen=True),
    Column("a", "A", 5, "right"),
    Column("b", "B", 5, "right"),
    Column("delta", "Δ", 6, "right"),
    Column("rated", "rated", 5),
    Column("what", "what changed", 24, grows=True),
    Column("expected", "expected", 16, hidden=True),
    Column("input", "input", 24, hidden=True),
    Column("output_a", "output of A", 24, hidden=True),
    Column("output_b", "output of B", 24, hidden=True),
    Column("tags", "tags", 12, hidden=True),
)


FURTHER = ("c", "d")
"""The sides that may stand beside A and B."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a candidate answered in one case, its mean score, and what became of the case."""

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
    def candidates(self) -> dict[str, Answers]:
        """Every side but A, by its letter."""
        b = Answers(self.b, self.score_b, self.change)
        return dict(zip("BCD", (b, *self.further), strict=False))

    @property
    def lead(self) -> str:
        """The letter of the side that changed worst: of several the one furthest from A."""
        if not self.further:
            return "B"
        found = self.candidates
        return min(found, key=lambda x: (*self._badness(found[x]), x))

    @property
    def worst(self) -> Change:
        """What became of the case on the side that changed worst."""
        return self.candidates[self.lead].change

    @property
    def delta(self) -> float | None:
        """How far the side that changed worst is from A."""
        return self.delta_of(self.candidates[self.lead])

    def delta_of(self, side: Answers) -> float | None:
        if self.score_a is None or side.score is None:
            return None
        return side.score - self.score_a

    def became(self, change: Change) -> bool:
        """Whether the case broke, was fixed or is missing on any side; same: on all of them."""
        found = {side.change for side in self.candidates.values()}
        return found == {"same"} if change == "same" else change in found

    @property
    def said(self) -> str:
        """What became of it: `broke`; with further sides `B same · C broke`."""
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

    def cell(self, column: str) -> str:
        match column:
            case "mark":
                return _MARKS[self.worst]
            case "a":
                return numbers.score(self.score_a, 2)
            case "b" | "c" | "d":
                return self._score_cell(column.upper())
            case "delta":
                shown = numbers.UNKNOWN if self.delta is None else _signed(self.delta)
                return f"{self.lead} {shown}" if self.further and self.worst != "same" else shown
            case "what":
                return self._what()
        value = self.value(column)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        if column in ("mark", "delta"):
            return _SIGNS[self.worst]
        side = self.candidates.get(column.upper()) if self.further else None
        return _SIGNS[side.change] if side else ""

    def haystack(self) -> str:
        case = self.case
        outputs = (self.output_a, self.output_b, *(side.output for side in self.further))
        texts = (case.id, *outputs, flat_json(case.expected))
        return "\n".join((*texts, flat_json(case.inputs), *case.tags))

    def value(self, field: str) -> Value:
        match field:
            case "mark":
                found = {side.change for side in self.candidates.values()}
                return " ".join(sorted(found, key=CHANGES.index))
            case "case":
                return self.case.id
            case "a":
                return self.score_a
            case "b" | "c" | "d":
                side = self.candidates.get(field.upper())
                return side.score if side else None
            case "delta":
                return self.delta
            case "rated":
                return self.rating or None
            case "what":
                return " · ".join(side.output for side in self.candidates.values())
            case "expected":
                return flat_json(self.case.expected)
            case "tags":
                return " ".join(self.case.tags)
            case "input":
                return " · ".join(flat_json(value) for value in self.case.inputs.values())
            case "output_a":
                return self.output_a
            case "output_b":
                return self.output_b
        return None

    def _what(self) -> str:
        """With further sides whose it is, worst first: `C: bug → billing · B D: bug → how-to`."""
        if not self.further:
            return what_changed(self.output_a, self.output_b)
        found, groups = self.candidates, dict[str, list[str]]()
        for letter in sorted(found, key=lambda x: (*self._badness(found[x]), x)):
            groups.setdefault(found[letter].output, []).append(letter)
        said = [
            f"{' '.join(letters)}: {what_changed(self.output_a, output)}"
            for output, letters in groups.items()
            if output != self.output_a
        ]
        return " · ".join(said) or SAME_ANSWER

    def _score_cell(self, letter: str) -> str:
        """With further sides each says by a mark of its own what became of the case."""
        side = self.candidates.get(letter)
        shown = numbers.score(side.score if side else None, 2)
        return f"{_MARKS[side.change].strip()}{shown}" if side and self.further else shown


def pair_columns(further: int) -> tuple[Column, ...]:
    """The columns of a table with that many sides beside A and B."""
    if not further:
        return PAIR_COLUMNS
    more = (Column(letter, letter.upper(), 5, "right") for letter in FURTHER[:further])
    columns = (*PAIR_COLUMNS[:4], *more, *PAIR_COLUMNS[4:])
    return tuple(replace(c, width=c.width + 2) if c.key == "delta" else c for c in columns)


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
    """A row for each case; what became of it as the headline comparison says."""
    found = answers_of(compared)
    pairs = {pair.case_id: pair for pair in compared.pairs.get(compared.headline.scorer, ())}
    return [
        PairRow(
            case=case,
            position=position,
            change=found[case.id].change,
            score_a=mean(pairs[case.id].a) if case.id in pairs else None,
            score_b=found[case.id].score,
            a=compared.a.results.get(case.id, ()),
            b=found[case.id].results,
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
    """What one side answered, a paragraph a repeat; what went wrong stands in brackets."""
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
    """One short line: `bug → billing`; for long answers the place where they part."""
    if a == b:
        return SAME_ANSWER
    if len(a) <= SHORT and len(b) <= SHORT:
        return f"{a} → {b}"
    start = next(
        (at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b))
    )
    # From the beginning of the word in which they part.
    start = max(a.rfind(" ", 0, start), a.rfind("\n", 0, start)) + 1
    before = "…" if start else ""
    return f"{before}{_piece(a, start)} → {before}{_piece(b, start)}"


def _piece(text: str, start: int) -> str:
    found = text[start : start + SHORT]
    return f"{found}…" if len(text) > start + SHORT else found or "(ends)"


def _signed(delta: float) -> str:
    return f"{delta:+.2f}" if round(delta, 2) else "0.00"
