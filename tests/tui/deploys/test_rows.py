"""What is live, as rows that sort and filter by values."""

from __future__ import annotations

import pytest

from workbench.registry import PromptDeployment
from workbench.registry.models.records import State, Status
from workbench.tui.deploys.queries import LiveRow
from workbench.tui.deploys.rows import LIVE_COLUMNS, SEPARATOR, PlaceRow
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.table_lines import Layout
from workbench.tui.table.table_model import Order, TableModel

LAYOUT = Layout(LIVE_COLUMNS)


def live(prompt_id: str, score: float | None = None, state: State = State.TESTED) -> PlaceRow:
    deployment = PromptDeployment(prompt_id, "1.0.0", "production", "2026-11-19T09:12:00Z", "ana")
    status = Status(state, "its gate passed", score)
    return PlaceRow(LiveRow(prompt_id, "production", deployment, status, "1.0.0"))


ROWS = [live("b", 0.9), live("a", 1.0), live("c"), live("d", 0.25, State.STALE)]
EMPTY = PlaceRow(LiveRow("e", "production", None, None, "1.0.0"), 4)


def test_scores_sort_and_filter_as_numbers_and_missing_ones_come_last() -> None:
    model = TableModel(Order(LAYOUT.column("score"), True))
    model.replace_all([*ROWS, EMPTY])
    order = [model.key_at(at).partition(SEPARATOR)[0] for at in range(len(model))]
    assert order[:3] == ["a", "b", "d"]
    low = parse_filter("score<0.95", LIVE_COLUMNS)
    assert [row.live.prompt_id for row in ROWS if low.matches(row)] == ["b", "d"]


@pytest.mark.parametrize("row", [*ROWS, EMPTY, PlaceRow(ROWS[0].live._replace(status=None))])
def test_a_search_looks_through_all_cells(row: PlaceRow) -> None:
    cells = [column.cell(row) for column in LIVE_COLUMNS]
    assert row.haystack().split() == " ".join(cells).split()


def test_where_nothing_is_live_the_row_says_so_and_has_no_values() -> None:
    assert LAYOUT.column("evidence").cell(EMPTY) == "not live"
    assert LAYOUT.column("version").cell(EMPTY) == "\N{EN DASH}"
    assert LAYOUT.column("version").value(EMPTY) is None
    assert LAYOUT.column("previous").cell(EMPTY) == ""
    assert EMPTY.sign == "quiet"


def test_evidence_that_needs_attention_is_in_capitals_and_marked() -> None:
    tested, stale = ROWS[0], ROWS[3]
    evidence = LAYOUT.column("evidence")
    assert (evidence.cell(tested), evidence.cell_sign(tested)) == ("tested", "pass")
    assert (evidence.cell(stale), evidence.cell_sign(stale)) == ("STALE", "fail")
