"""The compare screen's further sides: C and D, each compared with A."""

from __future__ import annotations

from workbench.actions.compare import Side
from workbench.actions.fill import Gap
from workbench.actions.foresee import foresee_comparison
from workbench.errors import WorkbenchError
from workbench.tui.compare_reads import Comparing, read_refs
from workbench.tui.dialogs.ask_calls import ask_before
from workbench.tui.dialogs.pick_ref import PickRef
from workbench.tui.further_sides import (
    MOST,
    Further,
    further_lines,
    read_further,
    with_further,
)
from workbench.tui.list_rows import ListRow
from workbench.tui.pair_rows import pair_columns
from workbench.tui.run_reads import edited_since
from workbench.tui.screens.compare_panes import ComparePanes
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.run_header import EDITED
from workbench.tui.widgets.verdict_head import label_of
from workbench.workspace import Workspace

HINT = "n/N changed cases · p prompt · i input · w why · u/d/0 rate B · H report"
HINT_MISSING = "n/N changed · p prompt · i input · w why"


class ManySidesScreen(ComparePanes):
    """A comparison, and what may stand beside it."""

    watched = Workspace.draft_paths

    def __init__(self) -> None:
        super().__init__()
        self.comparing: Comparing | None = None
        self.further: tuple[Further, ...] = ()
        self._is_busy = False
        self._asked: tuple[str | None, str | None] = (None, None)
        self.edited: frozenset[str] = frozenset()
        """The runs of a draft that says something else by now."""

    def _compared(self, found: Comparing, cursor: str = "") -> None:
        self._is_busy = False
        self.comparing = found
        self.add_class("-compared")
        self._show_head()
        self.table.load(found.rows, cursor=cursor)
        self.query_one("#prompts-diff", DiffView).show(found.prompt_a, found.prompt_b)
        self.say_keys()
        self.refresh_bindings()
        self.files_changed()

    @property
    def sides(self) -> list[tuple[str, Side]]:
        """What is compared, by its letter."""
        if self.comparing is None:
            return []
        compared = self.comparing.compared
        further = (side.compared.b for side in self.further)
        return list(zip("ABCD", (compared.a, compared.b, *further), strict=False))

    def files_changed(self) -> None:
        """Say which sides are of a draft that was edited since."""
        comparing = self.comparing

        def found(edited: frozenset[str]) -> None:
            if self.comparing is comparing and edited != self.edited:
                self.edited = edited
                self._show_head()
                self.show_names()

        summaries = [side.summary for _, side in self.sides]
        if summaries:
            self.bench_app.in_thread(edited_since, summaries, done=found, group="edited")

    def names(self) -> list[str]:
        """Letter and label of each side."""
        if self.comparing is None:
            return []
        compared = self.comparing.compared
        further = (side.label for side in self.further)
        labels = (label_of(compared, "a"), label_of(compared, "b"), *further)
        return [
            f"{letter} {label}{f' ({EDITED})' if side.summary.run_id in self.edited else ''}"
            for (letter, side), label in zip(self.sides, labels, strict=True)
        ]

    def show_names(self) -> None:
        """Show over the answers whose they are."""

    @property
    def gaps(self) -> list[tuple[str, Gap]]:
        """What every side lacks, by its letter."""
        if self.comparing is None:
            return []
        found = [*self.comparing.gaps, *(side.gap for side in self.further)]
        return list(zip("ABCD", found, strict=False))

    def say_keys(self) -> None:
        """What to press next; first of all `r` where a side lacks answers."""
        lacking = " ".join(f"{letter} {gap.cases:,}" for letter, gap in self.gaps if gap.cases)
        self.hint(f"r runs what is missing: {lacking} · {HINT_MISSING}" if lacking else HINT)

    def _show_head(self) -> None:
        if self.comparing:
            chosen = self.query_one("#pairs", CasePane).current.name
            found = self.comparing
            lines = further_lines(found.compared, self.further)
            old = [letter for letter, side in self.sides if side.summary.run_id in self.edited]
            if old:
                lines = [*lines, f"~ {' '.join(old)}: answers of the draft before it was edited"]
            self.head.show(found.compared, found.trade, chosen, lines)

    def action_add(self) -> None:
        """One more candidate, C and then D, compared with A."""
        comparing, app = self.comparing, self.bench_app
        if comparing is None or self._is_busy:
            return
        if len(self.further) == MOST:
            app.tell("four sides are the most: R drops one", error=True)
            return
        letter = "CD"[len(self.further)]

        def picked(ref: str | None) -> None:
            if ref:
                sides = (comparing.compared.a.summary.run_id, ref)
                ask_before(
                    app,
                    f"Compare {ref} with A",
                    lambda bench: foresee_comparison(bench, sides, None),
                    lambda: add(ref),
                )

        def add(ref: str) -> None:
            if self.comparing is comparing and not self._is_busy:
                self._is_busy = True
                self.hint(f"comparing {ref} with A…")
                app.in_thread(
                    read_further,
                    comparing.compared,
                    ref,
                    app.runs.follow_from_thread,
                    done=lambda found: self._take_further((*self.further, found)),
                    failed=self._not_added,
                    group="compare",
                )

        def read(rows: list[ListRow]) -> None:
            self.app.push_screen(PickRef(f"Pick {letter}, compared with A too", rows), picked)

        prompt_id = comparing.compared.b.source.prompt.prompt_id
        app.in_thread(read_refs, prompt_id, done=read, group="refs", opens=True)

    def action_drop(self) -> None:
        self._take_further(self.further[:-1])

    def _not_added(self, error: WorkbenchError) -> None:
        self._take_further(self.further)
        self.bench_app.tell(str(error), error=True)

    def _take_further(self, further: tuple[Further, ...]) -> None:
        self._is_busy = False
        self.further = further
        self.set_class(bool(further), "-further")
        self._show_head()
        rows = with_further(self.table.model.rows.values(), further)
        self.table.replace_columns(pair_columns(len(further)))
        self.table.load(rows, cursor=self.table.cursor_key)
        self.say_keys()
        self.refresh_bindings()
