"""The compare screen's further sides: C and D, each compared with A."""

from __future__ import annotations

from dataclasses import replace

from textual import on

from workbench.actions.comparing.rerun_missing import Gap
from workbench.actions.comparing.side_runs import Side
from workbench.actions.preflight import preflight_comparison
from workbench.errors import WorkbenchError
from workbench.prompts.files.prompty import write_prompty
from workbench.tui.compare.columns import pair_columns
from workbench.tui.compare.further_sides import (
    MOST,
    Further,
    claims,
    claims_in_full,
    labels,
    noise_lines,
    read_further,
    standings,
    with_further,
)
from workbench.tui.compare.pair_detail import facts, why
from workbench.tui.compare.panes import ComparePanes
from workbench.tui.compare.pick_ref import PickRef
from workbench.tui.compare.queries import Comparing
from workbench.tui.compare.refs import Ref, read_refs
from workbench.tui.compare.rows import PairRow, counts_of, what_against_a
from workbench.tui.compare.side_outputs import SideOutputs
from workbench.tui.compare.verdict_head import Shown
from workbench.tui.dialogs.ask_calls import ask_before
from workbench.tui.services.edited_drafts import edited_since
from workbench.tui.table.case_table import CaseTable
from workbench.tui.widgets.case_detail import CaseScreen
from workbench.tui.widgets.case_pane import CasePane
from workbench.tui.widgets.diff_view import DiffView
from workbench.tui.widgets.prompt_diff import PromptDiffScreen
from workbench.tui.widgets.run_header import EDITED
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView
from workbench.workspace import Workspace

HINT = "]/[ changed cases · p prompt · i input · w why · u/d/0 rate B · H report"
HINT_SIDES = "]/[ changed cases · o another side beside A · p prompt · i input · w why"
HINT_MISSING = "]/[ changed · p prompt · i input · w why"


class ManySidesScreen(ComparePanes):
    """A comparison with up to two further sides."""

    watched = Workspace.draft_paths

    def __init__(self) -> None:
        super().__init__()
        self.comparing: Comparing | None = None
        self.further: tuple[Further, ...] = ()
        self.beside = ""
        """Letter of the candidate shown next to A; empty: the one that changed worst."""
        self._is_busy = False
        self._asked: tuple[str | None, str | None] = (None, None)
        self.edited: frozenset[str] = frozenset()
        """The runs of a draft that was edited since."""

    def _compared(self, comparing: Comparing, cursor: str = "") -> None:
        self._is_busy = False
        self.comparing = comparing
        self.add_class("-compared")
        self.table.load(comparing.rows, cursor=cursor)
        self._show_head()
        self.query_one("#prompts-diff", DiffView).show(comparing.prompt_a, comparing.prompt_b)
        self.say_keys()
        self.refresh_bindings()
        self.files_changed()
        self.app.tour.note("compare", comparing.compared.b.source.prompt.prompt_id)

    @property
    def sides(self) -> list[tuple[str, Side]]:
        """The sides by their letters."""
        if self.comparing is None:
            return []
        compared = self.comparing.compared
        further = (side.compared.b for side in self.further)
        return list(zip("ABCD", (compared.a, compared.b, *further), strict=False))

    def files_changed(self) -> None:
        """Say which sides are of a draft that was edited since."""
        comparing = self.comparing

        def show_edited(edited: frozenset[str]) -> None:
            if self.comparing is comparing and edited != self.edited:
                self.edited = edited
                self._show_head()
                self._highlighted()

        summaries = [side.summary for _, side in self.sides]
        if summaries:
            self.app.in_thread(edited_since, summaries, done=show_edited, group="edited")

    @property
    def gaps(self) -> list[tuple[str, Gap]]:
        """The missing cases of every side, by its letter."""
        if self.comparing is None:
            return []
        gaps = [*self.comparing.gaps, *(side.gap for side in self.further)]
        return list(zip("ABCD", gaps, strict=False))

    def say_keys(self) -> None:
        """What to press next; `r` comes first where a side lacks answers."""
        lacking = " ".join(f"{letter} {gap.cases:,}" for letter, gap in self.gaps if gap.cases)
        hint = HINT_SIDES if self.further else HINT
        self.hint(f"r runs what is missing: {lacking} · {HINT_MISSING}" if lacking else hint)

    def _show_head(self) -> None:
        if self.comparing:
            chosen = self.query_one("#pairs", CasePane).current.name
            comparing, further = self.comparing, self.further
            rows = [row for row in self.table.model.rows.values() if isinstance(row, PairRow)]
            shown = Shown(
                comparing.compared,
                counts_of(rows),
                comparing.trade,
                standings(comparing.compared, further) if further else (),
                (*(claims(comparing.compared, further) if further else ()), *self._old_answers()),
                noise_lines(comparing.compared, further),
            )
            self.head.show(shown, chosen)

    # The case under the cursor

    @property
    def row(self) -> PairRow | None:
        row = self.table.cursor_row
        return row if isinstance(row, PairRow) else None

    @on(CaseTable.Highlighted, "#pair-list")
    def _highlighted(self) -> None:
        row = self.row
        outputs = self.outputs
        if row is None or self.comparing is None:
            outputs.clear()
            return
        names = self._names
        # Next to A: the chosen side, else the one that changed worst.
        candidates, beside = row.candidates, self._beside_now()
        outputs.show(row.output_a, candidates[beside].output)
        self.query_one(SideOutputs).show(
            [
                (f"{names[x]}: {what_against_a(row, candidates[x])}", candidates[x].output)
                for x in candidates
                if x != beside
            ]
        )
        self._name_panes()
        self.query_one("#facts-of-case", TextView).show(facts(row))
        self.app.selection = replace(self.app.selection, case_id=row.case.id)

    @property
    def _names(self) -> dict[str, str]:
        """`C 1.0.0` by its letter, for every side."""
        if self.comparing is None:
            return {}
        names = labels(self.comparing.compared, self.further)
        return {
            x: f"{x} {label}{f' ({EDITED})' if side.summary.run_id in self.edited else ''}"
            for (x, side), label in zip(self.sides, names, strict=True)
        }

    def _old_answers(self) -> tuple[str, ...]:
        """The sides whose draft was edited since their run."""
        old = [letter for letter, side in self.sides if side.summary.run_id in self.edited]
        return (f"~ {' '.join(old)}: answers of the draft before it was edited",) if old else ()

    @on(SideOutputs.Fitted)
    def _name_panes(self) -> None:
        """Titles over the visible answers."""
        row, names = self.row, self._names
        if row is None or not names:
            return
        beside = self._beside_now()
        rest = [x for x in names if x not in ("A", beside)]
        letters = ("A", beside, *rest[: self.query_one(SideOutputs).shown])
        title = f"{' │ '.join(names[x] for x in letters)} · {row.case.id}"
        self.query_one("#sides").border_title = plain(title)

    def action_beside(self) -> None:
        """Show the next candidate next to A, in every case."""
        letters = "BCD"[: 1 + len(self.further)]
        self.beside = letters[(letters.index(self._beside_now()) + 1) % len(letters)]
        self._highlighted()
        self.app.tell(f"beside A: {self.beside}")

    def _beside_now(self) -> str:
        return self.beside or (self.row.lead if self.row else "B")

    def action_prompt(self) -> None:
        if self.comparing:
            beside = self._beside_now()
            b = self.comparing.prompt_b
            if beside != "B":
                b = write_prompty(self.further["CD".index(beside)].compared.b.source.prompt)
            title = f"Prompt · A → {beside}"
            shown = PromptDiffScreen(title, self.comparing.prompt_a, b, self.equal_lines)
            self.app.push_screen(shown, lambda _: self.fold_again())

    def action_why(self) -> None:
        """The verdict of each gating scorer in full."""
        if self.comparing:
            first, further = self.comparing.compared, self.further
            names = labels(first, further)
            claimed = claims_in_full(first, further)
            verdict = ("Verdict", why([first, *(x.compared for x in further)], names, claimed))
            self.app.push_screen(CaseScreen(lambda: verdict, lambda _way: None))

    # Sides

    def action_add(self) -> None:
        """One more candidate, C and then D, compared with A."""
        comparing, app = self.comparing, self.app
        if comparing is None or self._is_busy:
            return
        if len(self.further) == MOST:
            app.tell("four sides at most: X drops one", error=True)
            return
        letter = "CD"[len(self.further)]

        def picked(ref: str | None) -> None:
            if ref:
                sides = (comparing.compared.a.summary.run_id, ref)
                ask_before(
                    app,
                    f"Compare {ref} with A",
                    lambda session: preflight_comparison(session, sides, None),
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
                    done=lambda side: self._take_further((*self.further, side)),
                    failed=self._not_added,
                    group="compare",
                )

        def read(refs: list[Ref]) -> None:
            self.app.push_screen(PickRef(f"Pick {letter}, compared with A too", refs), picked)

        prompt_id = comparing.compared.b.source.prompt.prompt_id
        app.in_thread(read_refs, prompt_id, done=read, group="refs", opens=True)

    def action_drop(self) -> None:
        self._take_further(self.further[:-1])

    def _not_added(self, error: WorkbenchError) -> None:
        self._take_further(self.further)
        self.app.tell(str(error), error=True)

    def _take_further(self, further: tuple[Further, ...]) -> None:
        self._is_busy = False
        self.further = further
        self.set_class(bool(further), "-further")
        self.beside = ""
        rows = with_further(self.table.model.rows.values(), further)
        self.table.replace_columns(pair_columns(len(further)))
        self.table.load(rows, cursor=self.table.cursor_key)
        self._show_head()
        self.say_keys()
        self.refresh_bindings()
