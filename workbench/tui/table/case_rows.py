"""Rows of the run's table and of the list of runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.present import numbers
from workbench.providers.base import Outcome
from workbench.runs.spec.values import Result, RunStatus, RunSummary
from workbench.tui.table.filters import Value
from workbench.tui.table.table_model import Column, Sign

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
"""Answers that the model itself spoilt: a score of 0 says nothing of what was asked."""

RESULT_COLUMNS = (
    Column("case", "case", 10, frozen=True),
    Column("status", "status", 8),
    Column("score", "score", 5, "right"),
    Column("ms", "ms", 6, "right"),
    Column("output", "output", 24, grows=True),
    Column("expected", "expected", 16),
    Column("reason", "reason", 30, hidden=True),
    Column("tokens", "tokens", 7, "right", hidden=True),
    Column("cost", "cost", 9, "right", hidden=True),
    Column("tries", "tries", 5, "right", hidden=True),
    Column("tags", "tags", 16, hidden=True),
)
RUN_COLUMNS = (
    Column("run", "run", 13, frozen=True),
    Column("prompt", "prompt", 13, grows=True),
    Column("version", "version", 7),
    Column("status", "status", 10),
    Column("score", "score", 5, "right"),
    Column("errors", "err", 4, "right"),
    Column("when", "when", 10, "right"),
    Column("cases", "cases", 6, "right"),
    Column("split", "split", 6),
    Column("suite", "suite", 16),
    Column("cost", "cost", 9, "right"),
    Column("model", "model", 16, hidden=True),
    Column("seconds", "took", 7, "right", hidden=True),
)


def flat_json(value: Any) -> str:
    """A dataset's value as text: a str as it is, everything else as JSON, nothing as nothing."""
    return "" if value is None else as_text(value)


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
    def score(self) -> float | None:
        """Of the headline scorer."""
        if self.result is None:
            return None
        found = self.result.scores.get(self.scorer)
        return found.value if found else None

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
        found = self.result.scores.get(self.scorer) if self.result else None
        return found.reason if found else ""

    def rank(self) -> tuple[Any, ...]:
        return (self.group, self.position)

    def cell(self, column: str) -> str:
        value = self.value(column)
        match column:
            case "case":
                return self.case_id if self.repeats == 1 else f"{self.case_id} #{self.repeat + 1}"
            case "score":
                return numbers.score(self.score, 2) if self.result else ""
            case "ms":
                return numbers.UNKNOWN if value is None and self.result else _whole(value)
            case "cost":
                return numbers.money(value) if isinstance(value, float) else ""
            case "tokens" | "tries":
                return _whole(value)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        return _SIGNS[self.group] if column == "status" else ""

    def haystack(self) -> str:
        parts = [self.case_id, self.output]
        if self.case:
            parts += [flat_json(self.case.expected), flat_json(self.case.inputs), *self.case.tags]
        return "\n".join(parts)

    def value(self, field: str) -> Value:
        answer = self.result.answer if self.result else None
        match field:
            case "case":
                return self.case_id
            case "status":
                return self.status
            case "score":
                return self.score
            case "output":
                return self.output
            case "expected":
                return flat_json(self.case.expected) if self.case else None
            case "tags":
                return " ".join(self.case.tags) if self.case else None
            case "reason":
                return self.reason
        if answer is None:
            return None
        match field:
            case "ms":
                return None if answer.latency_s is None else answer.latency_s * 1000
            case "tokens":
                return answer.completion_tokens
            case "cost":
                return answer.cost_usd
            case "tries":
                return answer.attempts
        return None


@dataclass(frozen=True, slots=True)
class RunRow:
    """One stored run in the list of runs; `now` makes its age."""

    summary: RunSummary
    place: int
    now: datetime

    @property
    def key(self) -> str:
        return self.summary.run_id

    @property
    def sign(self) -> Sign:
        return ""

    def rank(self) -> tuple[Any, ...]:
        return (self.place,)

    def cell(self, column: str) -> str:
        match column:
            case "score":
                return numbers.score(self.summary.score)
            case "cost":
                return numbers.money(self.summary.cost_usd)
            case "when":
                return numbers.age(self.summary.created_at, self.now)
            case "seconds":
                return numbers.clock(self.summary.seconds)
            case "status":
                status = self.summary.status
                return status.value if status is RunStatus.COMPLETE else status.value.upper()
        value = self.value(column)
        return "" if value is None else str(value)

    def cell_sign(self, column: str) -> Sign:
        if column == "status" and self.summary.status is not RunStatus.COMPLETE:
            return "fail"
        return "error" if column == "errors" and self.summary.errors else ""

    def haystack(self) -> str:
        one = self.summary
        return f"{one.run_id}\n{one.prompt_id}\n{one.label}\n{one.suite}\n{one.model}\n{one.status}"

    def value(self, field: str) -> Value:
        one = self.summary
        known: Mapping[str, Value] = {
            "run": one.run_id,
            "prompt": one.prompt_id,
            "version": one.label,
            "status": one.status.value,
            "score": one.score,
            "errors": one.errors,
            "cases": one.cases,
            "when": one.created_at,
            "suite": one.suite,
            "split": one.split,
            "cost": one.cost_usd,
            "model": one.model,
            "seconds": one.seconds,
        }
        return known.get(field)


def waiting_rows(cases: Sequence[Case], repeats: int, scorer: str) -> list[ResultRow]:
    """A row for every case and repeat, none of them answered."""
    return [
        ResultRow(case.id, repeat, repeat * len(cases) + at, scorer, case, None, repeats)
        for repeat in range(repeats)
        for at, case in enumerate(cases)
    ]


def answered(rows: Mapping[str, object], results: Iterable[Result]) -> list[ResultRow]:
    """The rows that these results change; of one case and repeat the last result counts."""
    found = {}
    for result in results:
        row = rows.get(result_key(result.case_id, result.repeat))
        if isinstance(row, ResultRow):
            found[row.key] = replace(row, result=result)
    return list(found.values())


def _whole(value: Value) -> str:
    return f"{value:.0f}" if isinstance(value, (int, float)) else ""
