"""Rows of the list of runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.present import numbers
from workbench.runs.spec.values import RunStatus, RunSummary
from workbench.tui.table.columns import Column, Sign


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

    def haystack(self) -> str:
        one = self.summary
        return f"{one.run_id}\n{one.prompt_id}\n{one.label}\n{one.suite}\n{one.model}\n{one.status}"


def _status(row: RunRow) -> str:
    status = row.summary.status
    return status.value if status is RunStatus.COMPLETE else status.value.upper()


def _status_sign(row: RunRow) -> Sign:
    return "" if row.summary.status is RunStatus.COMPLETE else "fail"


def _errors_sign(row: RunRow) -> Sign:
    return "error" if row.summary.errors else ""


def _score(row: RunRow) -> str:
    return numbers.score(row.summary.score)


def _age(row: RunRow) -> str:
    return numbers.age(row.summary.created_at, row.now)


def _cost(row: RunRow) -> str:
    return numbers.money(row.summary.cost_usd)


def _took(row: RunRow) -> str:
    return numbers.clock(row.summary.seconds)


RUN_COLUMNS: tuple[Column[RunRow], ...] = (
    Column("run", "run", 13, lambda row: row.summary.run_id, frozen=True),
    Column("prompt", "prompt", 13, lambda row: row.summary.prompt_id, grows=True),
    Column("version", "version", 7, lambda row: row.summary.label),
    Column("status", "status", 10, lambda row: row.summary.status.value, _status, _status_sign),
    Column("score", "score", 5, lambda row: row.summary.score, _score, align="right"),
    Column("errors", "err", 4, lambda row: row.summary.errors, None, _errors_sign, "right"),
    Column("when", "when", 10, lambda row: row.summary.created_at, _age, align="right"),
    Column("cases", "cases", 6, lambda row: row.summary.cases, align="right"),
    Column("split", "split", 6, lambda row: row.summary.split),
    Column("suite", "suite", 16, lambda row: row.summary.suite),
    Column("cost", "cost", 9, lambda row: row.summary.cost_usd, _cost, align="right"),
    Column("model", "model", 16, lambda row: row.summary.model, hidden=True),
    Column(
        "seconds", "took", 7, lambda row: row.summary.seconds, _took, None, "right", hidden=True
    ),
)
