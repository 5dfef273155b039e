"""Columns of tables: one value of a row shown, sorted and filtered by."""

from __future__ import annotations

import pytest

from workbench.datasets.values import Case
from workbench.tui.compare.columns import PAIR_COLUMNS, pair_columns
from workbench.tui.compare.rows import PairRow
from workbench.tui.datasets.rows import CASE_COLUMNS
from workbench.tui.deploys.rows import HISTORY_COLUMNS, LIVE_COLUMNS
from workbench.tui.prompts.rows import PROMPT_COLUMNS, VERSION_COLUMNS
from workbench.tui.run.rows import RUN_COLUMNS
from workbench.tui.table.case_rows import RESULT_COLUMNS, ResultRow
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.table_lines import Layout
from workbench.tui.table.table_model import Order, TableModel

TABLES = {
    "results": RESULT_COLUMNS,
    "runs": RUN_COLUMNS,
    "pairs": PAIR_COLUMNS,
    "pairs of four sides": pair_columns(2),
    "cases": CASE_COLUMNS,
    "live": LIVE_COLUMNS,
    "history": HISTORY_COLUMNS,
    "prompts": PROMPT_COLUMNS,
    "versions": VERSION_COLUMNS,
}


def row(case_id: str, delta: float) -> PairRow:
    return PairRow(
        Case(case_id, {"ticket": "x" * len(case_id)}), 0, "same", 0.5, 0.5 + delta, (), ()
    )


@pytest.mark.parametrize("name", TABLES)
def test_no_two_columns_of_a_table_have_one_key(name: str) -> None:
    keys = [column.key for column in TABLES[name]]
    assert len(set(keys)) == len(keys)


def test_an_unknown_column_is_an_error() -> None:
    layout = Layout(RESULT_COLUMNS)
    assert layout.column("reason").title == "reason"
    with pytest.raises(KeyError, match="raeson"):
        layout.column("raeson")


def test_a_table_hides_no_column_that_it_has_not() -> None:
    table = CaseTable(RESULT_COLUMNS)
    table.set_columns({"tags"})
    with pytest.raises(KeyError, match="tag'"):
        table.set_columns({"tag"})
    assert table.columns.hidden == {"tags"}


def test_one_more_column_is_shown_sorted_and_filtered_by_without_the_rows_knowing_it() -> None:
    length: Column[PairRow] = Column(
        "length",
        "chars",
        5,
        lambda row: len(str(row.case.inputs["ticket"])),
        lambda row: f"{len(str(row.case.inputs['ticket']))} chars",
        lambda row: "fail" if len(str(row.case.inputs["ticket"])) > 2 else "",
        align="right",
    )
    rows = [row("ccc", 0.1), row("a", 0.2), row("bb", 0.3)]
    model = TableModel(Order(length), parse_filter("length>=2", (*PAIR_COLUMNS, length)))
    model.put(rows)
    assert [length.cell(row) for row in rows] == ["3 chars", "1 chars", "2 chars"]
    assert [length.cell_sign(row) for row in rows] == ["fail", "", ""]
    assert [row.key for row in model.visible()] == ["bb", "ccc"]


def test_a_column_without_a_text_shows_its_value_and_nothing_where_there_is_none() -> None:
    waiting = ResultRow("t-1", 0, 0, "exact_match")
    shown = {column.key: column.cell(waiting) for column in RESULT_COLUMNS}
    assert shown.pop("case") == "t-1"
    assert shown.pop("status") == "…"
    assert set(shown.values()) == {""}
