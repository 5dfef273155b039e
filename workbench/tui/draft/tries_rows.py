"""The columns of the list of tries."""

from __future__ import annotations

from datetime import datetime

from workbench.present import numbers
from workbench.providers.base import Outcome
from workbench.runs.tries.values import TryRow
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow


def columns(now: datetime) -> tuple[Column[ListRow[TryRow]], ...]:
    """The columns; `now` is what ages are counted from."""
    return (
        Column("star", "", 1, lambda row: "*" if row.item.starred else None, frozen=True),
        Column(
            "when", "when", 9, lambda row: row.item.tried_at,
            text=lambda row: numbers.age(row.item.tried_at, now),
        ),
        Column("prompt", "prompt", 7, lambda row: _prompt(row.item)),
        Column("case", "case", 9, lambda row: row.item.case_id),
        Column("answer", "answer", 14, lambda row: _answer(row.item), grows=True),
        Column("model", "model", 10, lambda row: row.item.model),
        Column(
            "time", "time", 6, lambda row: row.item.latency_s, align="right",
            text=lambda row: numbers.seconds(row.item.latency_s),
        ),
        Column(
            "cost", "cost", 7, lambda row: row.item.cost_usd, align="right",
            text=lambda row: numbers.money(row.item.cost_usd),
        ),
    )  # fmt: skip


def _prompt(row: TryRow) -> str:
    label = "" if row.label == "draft" else f" {row.label}"
    return f"{row.fingerprint[:6]}{label}"


def _answer(row: TryRow) -> str:
    if row.outcome is Outcome.OK:
        return row.answer_start
    if row.outcome is Outcome.CANCELLED and not row.answer_start:
        return "no answer so far"
    return f"{row.outcome.value.replace('_', ' ')}: {row.answer_start}"
