"""Rows of the compare screen: one case, what A and B answered, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.runs.values import Result
from workbench.tui.case_rows import flat_json
from workbench.tui.filters import Value
from workbench.tui.table_model import Column, Sign

if TYPE_CHECKING:
    from workbench.actions.compare import Compared

Change = Literal["broke", "missing", "fixed", "same"]
CHANGES: tuple[Change, ...] = ("broke", "missing", "fixed", "same")
"""In the order in which they are shown: worst first."""

_MARKS: Mapping[Change, str] = {"broke": "▼", "fixed": "▲", "missing": "?", "same": " "}
_SIGNS: Mapping[Change, Sign] = {"broke": "down", "fixed": "up", "missing": "error", "same": ""}
SHORT = 40

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
    """What a further side answered in one case, and its mean score."""

    results: tuple[Result, ...] = ()
    score: float | None = None

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
    def delta(self) -> float | None:
        if self.score_a is None or self.score_b is None:
            return None
        return self.score_b - self.score_a

    @property
    def output_a(self) -> str:
        return output_of(self.a)

    @property
    def output_b(self) -> str:
        return output_of(self.b)

    @property
    def sides(self) -> list[tuple[str, tuple[Result, ...]]]:
        """The results of every side by its letter."""
        further = zip("CD", (answers.results for answers in self.further), strict=False)
        return [("A", self.a), ("B", self.b), *further]

    def rank(self) -> tuple[Any, ...]:
        return (CHANGES.index(self.change), -abs(self.delta or 0.0), self.position)

    def cell(self, column: str) -> str:
        match column:
            case "mark":
                return _MARKS[self.change]
            case "a":
                return numbers.score(self.score_a, 2)
            case "b":
                return numbers.score(self.score_b, 2)
            case "c" | "d":
                return numbers.score(self._further_score(column), 2)
            case "delta":
                return numbers.UNKNOWN if self.delta is None else _signed(self.delta)
            case "what":
                return what_changed(self.output_a, self.output_b)
        value = self.value(column)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        return _SIGNS[self.change] if column in ("mark", "delta") else ""

    def haystack(self) -> str:
        case = self.case
        outputs = (self.output_a, self.output_b, *(side.output for side in self.further))
        texts = (case.id, *outputs, flat_json(case.expected))
        return "\n".join((*texts, flat_json(case.inputs), *case.tags))

    def value(self, field: str) -> Value:
        match field:
            case "mark":
                return self.change
            case "case":
                return self.case.id
            case "a":
                return self.score_a
            case "b":
                return self.score_b
            case "c" | "d":
                return self._further_score(field)
            case "delta":
                return self.delta
            case "rated":
                return self.rating or None
            case "what":
                return self.output_b
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

    def _further_score(self, letter: str) -> float | None:
        at = FURTHER.index(letter)
        return self.further[at].score if at < len(self.further) else None


def pair_columns(further: int) -> tuple[Column, ...]:
    """The columns of a table with that many sides beside A and B."""
    more = (Column(letter, letter.upper(), 5, "right") for letter in FURTHER[:further])
    return (*PAIR_COLUMNS[:4], *more, *PAIR_COLUMNS[4:])


def answers_of(compared: Compared) -> dict[str, Answers]:
    """What the candidate of a comparison answered, by case id."""
    pairs = {pair.case_id: pair for pair in compared.pairs[compared.headline.scorer]}
    return {
        case.id: Answers(
            compared.b.results.get(case.id, ()),
            _mean(pairs[case.id].b) if case.id in pairs else None,
        )
        for case in compared.cases
    }


def pair_rows(compared: Compared, ratings: Mapping[str, str]) -> list[PairRow]:
    """A row for each case; what became of it as the headline comparison says."""
    headline = compared.headline
    changes: dict[str, Change] = dict.fromkeys(headline.missing, "missing")
    changes.update(dict.fromkeys(headline.fixed, "fixed"))
    changes.update(dict.fromkeys(headline.broke, "broke"))
    pairs = {pair.case_id: pair for pair in compared.pairs.get(headline.scorer, ())}
    rows = []
    for position, case in enumerate(compared.cases):
        pair = pairs.get(case.id)
        rows.append(
            PairRow(
                case=case,
                position=position,
                change=changes.get(case.id, "same"),
                score_a=_mean(pair.a) if pair else None,
                score_b=_mean(pair.b) if pair else None,
                a=compared.a.results.get(case.id, ()),
                b=compared.b.results.get(case.id, ()),
                rating=ratings.get(case.id, ""),
            )
        )
    return rows


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
    """A further side's score in a case, beside that of A; whether it answers as A does."""
    same = "same answer as A" if side.output == row.output_a else "differs from A"
    return f"{numbers.score(side.score, 2)}, {same}"


def what_changed(a: str, b: str) -> str:
    """One short line: `bug → billing`; for long answers the place where they part."""
    if a == b:
        return "same answer"
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


def _mean(scores: tuple[float | None, ...]) -> float | None:
    known = [score for score in scores if score is not None]
    return sum(known) / len(known) if known and len(known) == len(scores) else None


def _signed(delta: float) -> str:
    return f"{delta:+.2f}" if round(delta, 2) else "0.00"
