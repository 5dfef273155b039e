"""The table of cases: order, filter, cursor, live changes, size."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from statistics import median

import pytest
from textual.app import App, ComposeResult

from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column, Sign
from workbench.tui.table.filters import parse_filter
from workbench.tui.table.table_model import Order
from workbench.tui.widgets.case_pane import CasePane


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    score: float | None = None
    output: str = ""

    @property
    def sign(self) -> Sign:
        return "error" if self.score is None else ""

    def rank(self) -> tuple[int, ...]:
        return (0,) if self.score is None else (1,)

    def haystack(self) -> str:
        return f"{self.key}\n{self.output}"


def _score(row: Row) -> str:
    return "\N{EN DASH}" if row.score is None else f"{row.score:.2f}"


SCORE = Column[Row]("score", "score", 6, lambda row: row.score, _score, lambda _: "up", "right")
COLUMNS: tuple[Column[Row], ...] = (
    Column("id", "case", 8, lambda row: row.key, frozen=True),
    Column("status", "status", 7, lambda row: row.sign or "pass"),
    SCORE,
    Column("output", "output", 12, lambda row: row.output, grows=True),
)


class Shown(App[None]):
    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.first = rows
        self.opened: list[str] = []

    def compose(self) -> ComposeResult:
        yield CaseTable(COLUMNS, empty=("No cases yet.", "F5 runs a prompt."))

    def on_mount(self) -> None:
        self.table.load(self.first)
        self.table.focus()

    @property
    def table(self) -> CaseTable:
        return self.query_one(CaseTable)

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        self.opened.append(message.key)

    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.table.render_lines(self.table.size.region)]


def rows(count: int) -> list[Row]:
    return [Row(f"t-{number}", 1.0, f"answer {number}") for number in range(count)]


@pytest.mark.anyio
async def test_an_empty_table_says_what_fills_it() -> None:
    app = Shown([])
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.pause()
        assert "No cases yet." in app.lines()[2]


@pytest.mark.exhaustive
@pytest.mark.anyio
async def test_errors_come_first_and_the_cursor_has_a_sign() -> None:
    app = Shown([Row("t-2", 1.0, "fine"), Row("t-1", None, "timeout")])
    async with app.run_test(size=(60, 8)) as pilot:
        await pilot.pause()
        assert app.lines()[1].startswith("> t-1")
        assert app.lines()[2].startswith("  t-2")


@pytest.mark.anyio
async def test_vim_keys_and_arrows_move_the_cursor() -> None:
    app = Shown(rows(100))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j", "down", "j", "k")
        assert app.table.cursor_key == "t-2"
        await pilot.press("G")
        assert app.table.cursor_key == "t-99"
        assert any(line.startswith("> t-99") for line in app.lines())
        await pilot.press("ctrl+u", "g")
        assert app.table.cursor_key == "t-0"
        await pilot.press("enter")
        assert app.opened == ["t-0"]


@pytest.mark.anyio
async def test_the_cursor_stays_on_its_row_while_rows_move_above_it() -> None:
    app = Shown(rows(50))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press(*"jjjjj")
        before = next(at for at, line in enumerate(app.lines()) if line.startswith(">"))
        app.table.put([Row(f"t-{number}", None, "timeout") for number in range(30, 40)])
        await pilot.pause()
        assert app.table.cursor_key == "t-5"
        assert next(at for at, line in enumerate(app.lines()) if line.startswith(">")) == before


@pytest.mark.anyio
async def test_sorting_is_natural_and_missing_values_stay_last() -> None:
    app = Shown([Row("t-10", 0.5), Row("t-9", None), Row("t-2", 0.1)])
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("s")
        keys = [app.table.model.key_at(at) for at in range(3)]
        assert keys == ["t-2", "t-9", "t-10"]
        await pilot.press("l", "l", "s")
        assert [app.table.model.key_at(at) for at in range(3)] == ["t-2", "t-10", "t-9"]
        await pilot.press("s")
        assert app.table.model.order == Order(SCORE, True)
        assert [app.table.model.key_at(at) for at in range(3)] == ["t-10", "t-2", "t-9"]
        await pilot.press("s")
        assert app.table.model.order == Order()


@pytest.mark.anyio
async def test_a_filter_keeps_the_cursor_row_if_it_can() -> None:
    app = Shown(rows(30))
    async with app.run_test(size=(60, 11)) as pilot:
        app.table.show_key("t-25")
        app.table.find(parse_filter("answer 2", (SCORE,)))
        await pilot.pause()
        assert len(app.table.model) == 11
        assert app.table.cursor_key == "t-25"
        app.table.find(parse_filter("answer 3", (SCORE,)))
        await pilot.pause()
        assert app.table.cursor_key == "t-3"


@pytest.mark.anyio
async def test_a_narrow_table_scrolls_columns_and_keeps_the_id() -> None:
    app = Shown([Row("t-1", 1.0, "x" * 40)])
    async with app.run_test(size=(24, 6)) as pilot:
        assert "output" not in app.lines()[0]
        await pilot.press("l", "l", "l")
        header, first = app.lines()[:2]
        assert "output" in header
        assert first.startswith("> t-1")
        assert first.endswith("…")


@pytest.mark.anyio
async def test_long_and_hostile_cells_stay_on_their_line() -> None:
    app = Shown([Row("t-1", 1.0, "a\nb\x1b]0;owned\x07" + "z" * 1_000_000)])
    async with app.run_test(size=(60, 6)) as pilot:
        await pilot.pause()
        line = app.lines()[1]
        assert "a⏎b␛]0;owned" in line
        assert line.endswith("…")
        assert "\x1b" not in line


@pytest.mark.anyio
async def test_one_changed_row_does_not_move_the_others() -> None:
    app = Shown(rows(30))
    async with app.run_test(size=(60, 11)) as pilot:
        await pilot.press("j")
        app.table.put([replace(app.first[3], output="other")])
        await pilot.pause()
        assert "other" in app.lines()[4]


@pytest.mark.exhaustive
@pytest.mark.anyio
async def test_a_page_of_a_hundred_thousand_rows_takes_as_long_as_one_of_a_thousand() -> None:
    async def took(count: int) -> float:
        """Seconds of the processor for a page, the median."""
        app = Shown(rows(count))
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause()
            await app.workers.wait_for_complete()
            await pilot.pause()
            assert len(app.table.model) == count
            times = []
            for _ in range(20):
                start = time.process_time()
                app.table.action_page(1)
                app.lines()
                times.append(time.process_time() - start)
        return median(times)

    assert await took(100_000) < 10 * await took(1000)


@pytest.mark.anyio
async def test_a_filter_lays_out_nothing_again_and_the_scroll_bar_fits() -> None:
    app = Filtered()
    async with app.run_test(size=(60, 12)) as pilot:
        table = app.query_one(CaseTable)
        table.load(rows(400))
        table.focus()
        await pilot.press("slash")
        await pilot.pause()
        layouts = []
        app.screen.screen_layout_refresh_signal.subscribe(app, layouts.append)
        await pilot.press("t", "minus", "1")
        await pilot.pause()
        assert len(table.model) == 111
        assert table.vertical_scrollbar.window_virtual_size == 112
        assert layouts == []
        await pilot.press("2", "3")
        await pilot.pause()
        assert len(table.model) == 1
        assert not table.show_vertical_scrollbar


class Filtered(App[None]):
    """A table with its filter line."""

    def compose(self) -> ComposeResult:
        yield CasePane(CaseTable(COLUMNS), "cases")
