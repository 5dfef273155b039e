"""What the run screen consists of: the list of runs, or one run's head, cases and calls."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from workbench.tui.base.screen import ModeScreen
from workbench.tui.run.queries import RunPage
from workbench.tui.run.rows import RUN_COLUMNS, RunRow
from workbench.tui.run.slot_lines import SlotLines
from workbench.tui.services.edited_drafts import edited_since
from workbench.tui.table.case_rows import (
    ERROR,
    FAILURE,
    PASS,
    RESULT_COLUMNS,
    WAITING,
    ResultRow,
)
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.column_table import ColumnTable
from workbench.tui.table.filters import Row, Test
from workbench.tui.widgets.case_detail import CaseStrip
from workbench.tui.widgets.case_pane import CasePane, NamedFilter
from workbench.tui.widgets.run_header import RunHeader, title_of
from workbench.tui.widgets.text_view import TextView
from workbench.workspace import Workspace

WIDE = 160
WIDE_COLUMNS = ("reason", "tokens")
"""Shown as well where the screen is wide."""


def _in_group(group: int) -> Test:
    def test(row: Row) -> bool:
        return isinstance(row, ResultRow) and row.group == group

    return test


def _is_fault(row: Row) -> bool:
    return isinstance(row, ResultRow) and row.is_fault


NAMED = (
    NamedFilter("all"),
    NamedFilter("errors", _in_group(ERROR)),
    NamedFilter("failures", _in_group(FAILURE)),
    NamedFilter("faults", _is_fault),
    NamedFilter("passes", _in_group(PASS)),
    NamedFilter("waiting", _in_group(WAITING)),
)
NO_RUNS = (
    "No runs yet.",
    "A run asks a prompt on every case of a suite and scores the answers.",
    "F5 runs the current draft.",
)


class RunPanes(ModeScreen):
    """The panes, and which of them are visible at which size."""

    DEFAULT_CSS = """
    RunPanes #one { display: none; height: 1fr; }
    RunPanes.-one #one { display: block; }
    RunPanes.-one #runs { display: none; }
    RunPanes #detail { display: none; width: 80; border: round $border; padding: 0 1; }
    RunPanes.-tall RunHeader { height: 5; }
    RunPanes.-wide #detail { display: block; }
    RunPanes.-wide #strip { display: none; }
    """

    watched = Workspace.draft_paths

    def __init__(self) -> None:
        super().__init__()
        self.page: RunPage | None = None
        self.is_edited = False
        """Whether its draft was edited since the run."""

    @property
    def title_of_run(self) -> str:
        """Display title of the run; empty while unknown."""
        return title_of(self.page.summary, edited=self.is_edited) if self.page else ""

    def files_changed(self) -> None:
        """The shown draft may have changed."""
        self.find_edited()

    def find_edited(self) -> None:
        """Check whether the draft was edited since the run, and show it."""
        page = self.page
        if page is None:
            return

        def show_edited(edited: frozenset[str]) -> None:
            if self.page is page and self.is_edited != bool(edited):
                self.is_edited = bool(edited)
                self.show_title()

        self.app.in_thread(edited_since, [page.summary], done=show_edited, group="edited")

    def show_title(self) -> None:
        """Update the title of the run."""

    def body(self) -> Iterable[Widget]:
        yield CasePane(ColumnTable(RUN_COLUMNS, empty=NO_RUNS, id="run-list"), "Runs", id="runs")
        cases = ColumnTable(RESULT_COLUMNS, empty=("Reading the cases…",), id="case-list")
        yield Vertical(
            RunHeader(id="head"),
            Horizontal(
                CasePane(cases, "Cases · errors first", NAMED, id="cases"), TextView(id="detail")
            ),
            SlotLines(id="slots"),
            CaseStrip(id="strip"),
            id="one",
        )

    def on_resize(self) -> None:
        """More columns where there is room, until the user chose some."""
        table = self.query_one("#case-list", ColumnTable)
        if not table.chosen_by_hand:
            hidden = {column.key for column in RESULT_COLUMNS if column.hidden}
            wide = {table.columns.column(key).key for key in WIDE_COLUMNS}
            table.set_columns(hidden - wide if self.size.width >= WIDE else hidden)

    def action_label(self) -> None:
        """Label the answers of the run that is shown, or under the cursor."""
        from workbench.tui.labels.label_screen import open_labelling

        row = self.runs_table.cursor_row
        summary = (
            self.page.summary if self.page else row.summary if isinstance(row, RunRow) else None
        )
        if summary:
            open_labelling(self.app, summary.suite, (summary.run_id,))

    @property
    def runs_table(self) -> CaseTable:
        return self.query_one("#run-list", CaseTable)

    @property
    def table(self) -> CaseTable:
        return self.query_one("#case-list", CaseTable)
