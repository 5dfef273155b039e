"""The columns of the compare screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from workbench.present import numbers
from workbench.present.case_values import readable
from workbench.tui.compare.rows import PairRow
from workbench.tui.table.case_texts import flat_json
from workbench.tui.table.columns import Column, Sign
from workbench.verdicts.case_changes import CHANGES, Change

_MARKS: Mapping[Change, str] = {"broke": "▼", "fixed": "▲", "missing": "?", "same": " "}
_SIGNS: Mapping[Change, Sign] = {"broke": "down", "fixed": "up", "missing": "error", "same": ""}
FURTHER = ("C", "D")
"""Letters of the sides after A and B."""


def _changes(row: PairRow) -> str:
    """The changes of the case on all candidates, in a fixed order."""
    changes = {side.change for side in row.candidates.values()}
    return " ".join(sorted(changes, key=CHANGES.index))


def _inputs(row: PairRow) -> str:
    return " · ".join(map(readable, row.case.inputs.values()))


def _outputs(row: PairRow) -> str:
    return " · ".join(side.output for side in row.candidates.values())


def _score_a(row: PairRow) -> str:
    return numbers.score(row.score_a, 2)


def _delta(row: PairRow) -> str:
    shown = numbers.UNKNOWN if row.delta is None else _signed(row.delta)
    return f"{row.lead} {shown}" if row.further and row.worst != "same" else shown


def _worst_sign(row: PairRow) -> Sign:
    return _SIGNS[row.worst]


def _side_column(letter: str) -> Column[PairRow]:
    """The score of B, C or D. With further sides a mark shows the change on each."""

    def score(row: PairRow) -> float | None:
        side = row.candidates.get(letter)
        return side.score if side else None

    def text(row: PairRow) -> str:
        side = row.candidates.get(letter)
        shown = numbers.score(side.score if side else None, 2)
        return f"{_MARKS[side.change].strip()}{shown}" if side and row.further else shown

    def sign(row: PairRow) -> Sign:
        side = row.candidates.get(letter) if row.further else None
        return _SIGNS[side.change] if side else ""

    return Column(letter.casefold(), letter, 5, score, text, sign, "right")


PAIR_COLUMNS: tuple[Column[PairRow], ...] = (
    Column("mark", "", 1, _changes, lambda row: _MARKS[row.worst], _worst_sign, frozen=True),
    Column("case", "case", 10, lambda row: row.case.id, frozen=True),
    Column("a", "A", 5, lambda row: row.score_a, _score_a, align="right"),
    _side_column("B"),
    Column("delta", "Δ", 6, lambda row: row.delta, _delta, _worst_sign, "right"),
    Column("rated", "rated", 5, lambda row: row.rating or None),
    Column("what", "what changed", 24, _outputs, lambda row: row.what_changed, grows=True),
    Column("expected", "expected", 16, lambda row: flat_json(row.case.expected), hidden=True),
    Column("input", "input", 24, _inputs, hidden=True),
    Column("output_a", "output of A", 24, lambda row: row.output_a, hidden=True),
    Column("output_b", "output of B", 24, lambda row: row.output_b, hidden=True),
    Column("tags", "tags", 12, lambda row: " ".join(row.case.tags), hidden=True),
)


def pair_columns(further: int) -> tuple[Column[PairRow], ...]:
    """The columns of a table with that many sides after A and B."""
    if not further:
        return PAIR_COLUMNS
    after_b = [column.key for column in PAIR_COLUMNS].index("b") + 1
    more = map(_side_column, FURTHER[:further])
    columns = (*PAIR_COLUMNS[:after_b], *more, *PAIR_COLUMNS[after_b:])
    return tuple(replace(c, width=c.width + 2) if c.key == "delta" else c for c in columns)


def _signed(delta: float) -> str:
    return f"{delta:+.2f}" if round(delta, 2) else "0.00"
