"""What the compare screen consists of: verdict, cases, answers and the prompts' differences."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Vertical
from textual.widget import Widget

from workbench.tui.base.screen import ModeScreen
from workbench.tui.compare.columns import PAIR_COLUMNS
from workbench.tui.compare.rows import PairRow
from workbench.tui.compare.side_outputs import SideOutputs
from workbench.tui.compare.verdict_head import VerdictHead
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.column_table import ColumnTable
from workbench.tui.table.filters import Row, Test
from workbench.tui.widgets.case_pane import CasePane, NamedFilter
from workbench.tui.widgets.diff_context import DiffContext
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView
from workbench.verdicts.case_changes import CHANGES, Change


def _changed(change: Change) -> Test:
    def test(row: Row) -> bool:
        return isinstance(row, PairRow) and row.became(change)

    return test


def _is_rated(row: Row) -> bool:
    return isinstance(row, PairRow) and bool(row.rating)


NAMED = (
    NamedFilter("all"),
    *(NamedFilter(change, _changed(change)) for change in CHANGES),
    NamedFilter("rated", _is_rated),
)
NOTHING = (
    "Nothing is compared.",
    "a picks A, the baseline; b picks B, the candidate.",
    "c on a run or a version comes here too.",
)
COMING = ("The cases stand here as soon as both sides have answered.",)


class ComparePanes(ModeScreen):
    """The panes, and how much of the differences they show."""

    DEFAULT_CSS = """
    ComparePanes #compare-body { height: 1fr; }
    ComparePanes #pairs { height: 1fr; }
    ComparePanes #sides { height: 7; }
    ComparePanes.-tall #sides { height: 1fr; }
    ComparePanes #all-outputs { height: 1fr; }
    ComparePanes #facts-of-case { display: none; height: 1fr; padding: 0 1; }
    ComparePanes.-input #facts-of-case { display: block; }
    ComparePanes.-input #all-outputs { display: none; }
    ComparePanes.-tall.-input #all-outputs { display: block; }
    ComparePanes.-tall.-input #facts-of-case { border-top: solid $border; }
    ComparePanes #prompts-diff { display: none; height: 14; }
    ComparePanes.-wide #compare-body { layout: horizontal; }
    ComparePanes.-wide #pairs { width: 70; height: 100%; }
    ComparePanes.-wide #sides { width: 1fr; height: 100%; }
    ComparePanes.-wide #all-outputs { display: block; height: 3fr; }
    ComparePanes.-wide #facts-of-case {
        display: block; height: 2fr; border-top: solid $border;
    }
    ComparePanes.-wide.-compared #prompts-diff { display: block; }
    ComparePanes.-wide.-further #compare-body { layout: vertical; }
    ComparePanes.-wide.-further #pairs { width: 100%; height: 1fr; }
    ComparePanes.-wide.-further #sides { width: 100%; height: 1fr; }
    ComparePanes.-wide.-further #prompts-diff { display: none; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.equal_lines = DiffContext()
        """Of the answers' and the prompts' differences."""

    def body(self) -> Iterable[Widget]:
        yield VerdictHead(id="verdict-head")
        table = ColumnTable(PAIR_COLUMNS, empty=NOTHING, id="pair-list")
        yield Vertical(
            CasePane(table, "Cases · worst first", NAMED, id="pairs"),
            Vertical(
                SideOutputs(self.equal_lines, id="all-outputs"),
                TextView(id="facts-of-case"),
                id="sides",
                classes="pane",
            ),
            id="compare-body",
        )
        diff = DiffView(id="prompts-diff", classes="pane", context=self.equal_lines)
        diff.chosen = "unified"
        diff.border_title = plain("Prompt · A → B")
        yield diff

    @property
    def table(self) -> CaseTable:
        return self.query_one("#pair-list", CaseTable)

    @property
    def head(self) -> VerdictHead:
        return self.query_one(VerdictHead)

    @property
    def outputs(self) -> DiffView:
        """The answers of A and of one candidate."""
        return self.query_one("#outputs", DiffView)

    def action_input(self) -> None:
        self.toggle_class("-input")

    def action_view(self) -> None:
        view = self.outputs.cycle_view()
        self.app.tell({"auto": "view by width", "split": "side by side"}.get(view, view))

    def action_context(self, way: int) -> None:
        """More or fewer equal lines around the changes of answers and prompts."""
        self.app.tell(self.equal_lines.step(way))
        self.fold_again()

    def fold_again(self) -> None:
        """After the number of equal lines changed."""
        for view in self.query(DiffView):
            view.compare_again()
