"""Rows of a run's results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.providers.base import Answer, Outcome
from workbench.runs.spec.values import Result
from workbench.tui.table.case_texts import case_texts, flat_json, result_record
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.copying import Copy

ERROR, FAILURE, PASS, WAITING = range(4)
"""Groups of results, in the order in which they are shown."""

GROUP_WORDS = {ERROR: "ERROR", FAILURE: "FAIL", PASS: "pass", WAITING: "…"}
_SIGNS: Mapping[int, Sign] = {ERROR: "error", FAILURE: "fail", PASS: "pass", WAITING: "quiet"}

FAULT_WORDS = {
    Outcome.EMPTY: "EMPTY",
    Outcome.TRUNCATED: "CUT",
    Outcome.REFUSED: "REFUSED",
    Outcome.FILTERED: "FILTERED",
    Outcome.TOOL_CALL: "TOOL",
    Outcome.REJECTED: "REJECTED",
}
"""Faults of the answer itself: a score of 0 says nothing about the content then."""


def result_key(case_id: str, repeat: int) -> str:
    """A row's key: unique for a case and repeat, whatever the id holds."""
    return f"{repeat}:{case_id}"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One case and repeat of a run; without a result it waits for its turn."""

    case_id: str
    repeat: int
    position: int
    scorer: str
    """The headline scorer."""
    case: Case | None = None
    result: Result | None = None
    repeats: int = 1

    @property
    def key(self) -> str:
        return result_key(self.case_id, self.repeat)

    @property
    def label(self) -> str:
        """The case's id; with its repeat where there are several."""
        return self.case_id if self.repeats == 1 else f"{self.case_id} #{self.repeat + 1}"

    @property
    def answer(self) -> Answer | None:
        return self.result.answer if self.result else None

    @property
    def score(self) -> float | None:
        """Of the headline scorer."""
        if self.result is None:
            return None
        score = self.result.scores.get(self.scorer)
        return score.value if score else None

    @property
    def group(self) -> int:
        if self.result is None:
            return WAITING
        if self.result.answer.outcome.is_error or self.score is None:
            return ERROR
        return PASS if self.score >= 1.0 else FAILURE

    @property
    def is_fault(self) -> bool:
        """Whether the model refused, was cut short, or gave no text."""
        return self.result is not None and self.result.answer.outcome.is_models_fault

    @property
    def sign(self) -> Sign:
        return _SIGNS[self.group] if self.group in (ERROR, WAITING) else ""

    @property
    def status(self) -> str:
        """In words, never by colour alone."""
        group = self.group
        if self.is_fault and self.result and group != PASS:
            return FAULT_WORDS[self.result.answer.outcome]
        if group == ERROR and self.result and not self.result.answer.outcome.is_error:
            return "NO SCORE"
        if group == FAILURE and self.score:
            return "part"
        return GROUP_WORDS[group]

    @property
    def output(self) -> str:
        """The answer, or what went wrong."""
        if self.result is None:
            return ""
        answer = self.result.answer
        if answer.outcome.is_error:
            return answer.error or answer.outcome.value
        return answer.text or f"({answer.error or answer.outcome.value})"

    @property
    def reason(self) -> str:
        """Why the headline score is what it is."""
        score = self.result.scores.get(self.scorer) if self.result else None
        return score.reason if score else ""

    def rank(self) -> tuple[Any, ...]:
        return (self.group, self.position)

    def haystack(self) -> str:
        parts = [self.case_id, self.output]
        if self.case:
            parts += [flat_json(self.case.expected), flat_json(self.case.inputs), *self.case.tags]
        return "\n".join(parts)

    def record(self) -> dict[str, Any]:
        """All of it as plain JSON values."""
        case = self.case.content() if self.case else {"id": self.case_id}
        rest = result_record(self.result) if self.result else {"repeat": self.repeat}
        return {**case, "status": self.status, **rest}

    def texts(self) -> Sequence[Copy]:
        """What can be copied of it."""
        texts = case_texts(self.case) if self.case else []
        return [*texts, Copy("output", "the output", self.output)] if self.result else texts


def waiting_rows(cases: Sequence[Case], repeats: int, scorer: str) -> list[ResultRow]:
    """A row for every case and repeat, none of them answered."""
    return [
        ResultRow(case.id, repeat, repeat * len(cases) + at, scorer, case, None, repeats)
        for repeat in range(repeats)
        for at, case in enumerate(cases)
    ]


def answered(rows: Mapping[str, object], results: Iterable[Result]) -> list[ResultRow]:
    """The rows that these results change; of one case and repeat the last result counts."""
    changed = {}
    for result in results:
        row = rows.get(result_key(result.case_id, result.repeat))
        if isinstance(row, ResultRow):
            changed[row.key] = replace(row, result=result)
    return list(changed.values())


def _score(row: ResultRow) -> str:
    return numbers.score(row.score, 2) if row.result else ""


def _latency_ms(row: ResultRow) -> float | None:
    seconds = row.answer.latency_s if row.answer else None
    return None if seconds is None else seconds * 1000


def _latency(row: ResultRow) -> str:
    latency_ms = _latency_ms(row)
    if latency_ms is None:
        return numbers.UNKNOWN if row.result else ""
    return f"{latency_ms:.0f}"


def _of_answer(field: Callable[[Answer], float | None]) -> Callable[[ResultRow], float | None]:
    """A number of the answer; None while there is none."""
    return lambda row: field(row.answer) if row.answer else None


_cost_usd = _of_answer(lambda answer: answer.cost_usd)


def _cost(row: ResultRow) -> str:
    cost_usd = _cost_usd(row)
    return "" if cost_usd is None else numbers.money(cost_usd)


def _expected(row: ResultRow) -> str | None:
    return flat_json(row.case.expected) if row.case else None


def _tags(row: ResultRow) -> str | None:
    return " ".join(row.case.tags) if row.case else None


_tokens = _of_answer(lambda answer: answer.completion_tokens)
_tries = _of_answer(lambda answer: answer.attempts)

RESULT_COLUMNS: tuple[Column[ResultRow], ...] = (
    Column("case", "case", 10, lambda row: row.case_id, text=lambda row: row.label, frozen=True),
    Column("status", "status", 8, lambda row: row.status, sign=lambda row: _SIGNS[row.group]),
    Column("score", "score", 5, lambda row: row.score, text=_score, align="right"),
    Column("ms", "ms", 6, _latency_ms, text=_latency, align="right"),
    Column("output", "output", 24, lambda row: row.output, grows=True),
    Column("expected", "expected", 16, _expected),
    Column("reason", "reason", 30, lambda row: row.reason, hidden=True),
    Column("tokens", "tokens", 7, _tokens, align="right", hidden=True),
    Column("cost", "cost", 9, _cost_usd, text=_cost, align="right", hidden=True),
    Column("tries", "tries", 5, _tries, align="right", hidden=True),
    Column("tags", "tags", 16, _tags, hidden=True),
)
