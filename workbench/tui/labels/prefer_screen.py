"""Pairs of answers to logged inputs, to be compared one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType

from workbench.actions.labelling import prefer as actions
from workbench.actions.labelling.pairs import Pair
from workbench.actions.labelling.prefer import PreferOptions, Table, lay_table
from workbench.actions.preflight import Preflight, preflight_runs
from workbench.actions.running.costs import PlannedRun
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.present.labels.masking import can_mask, masked
from workbench.present.labels.pairs import pair_lines, verdict_line
from workbench.present.labels.texts import case_lines, named_text
from workbench.tui.context.app_context import AppContext
from workbench.tui.dialogs.ask_calls import AskCalls
from workbench.tui.keys import keys
from workbench.tui.labels.judging import FRAME, JudgingScreen

KEYS = "a ← left  b → right  t tie  x both bad  s skip  u undo  n note  m mask  esc leave"
NOTHING_LEFT = "Nothing is left to compare."


class _Unconfirmed(UsageError):
    """The runs have to be confirmed first."""

    def __init__(self, preflight: Preflight) -> None:
        super().__init__("not run: its calls were not confirmed")
        self.preflight = preflight


def lay(app: AppContext, against: str, ref: str, path: Path, agreed: bool = False) -> None:
    """Run both on the inputs, asking before much is called, then show the pairs."""

    def read(session: Session) -> Table:
        def confirm(runs: Sequence[PlannedRun]) -> None:
            preflight = preflight_runs(session, [run.spec for run in runs])
            if preflight.needs_confirmation and not agreed:
                raise _Unconfirmed(preflight)

        options = PreferOptions(against=against)
        follow = app.runs.follow_from_thread
        return lay_table(session, ref, path, options, on_planned=confirm, on_run=follow)

    def failed(error: WorkbenchError) -> None:
        if not isinstance(error, _Unconfirmed):
            app.tell(str(error), error=True)
            return

        def answered(yes: bool | None) -> None:
            if yes:
                lay(app, against, ref, path, agreed=True)
            else:
                app.tell(error.message, error=True)

        app.push_screen(AskCalls(f"Ask both on {path.name}", error.preflight), answered)

    app.tell(f"asking both on {path.name} …")
    app.in_thread(
        read, done=lambda table: app.push_screen(PreferScreen(table)), failed=failed, opens=True
    )


class PreferScreen(JudgingScreen[Table, Pair]):
    """One pair at a time, without names, and the verdict so far."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("prefer")

    def __init__(self, table: Table) -> None:
        super().__init__(
            f"Prefer · {table.reading.prompt_id} on {table.reading.source} · {table.reading.rater}",
            KEYS,
            table,
        )
        self._masks = can_mask()

    @property
    def pair(self) -> Pair | None:
        """What is asked about."""
        return self.back or next(iter(self.state.open), None)

    def draw(self) -> None:
        # The patterns of personal data take a moment to load, and a long text to search.
        width = max(20, self.size.width - FRAME - 1)
        text, table, pair, masks = _text, self.state, self.pair, self._masks

        def shown(_session: Session) -> str:
            return text(table, pair, width, masks)

        self.app.in_thread(shown, done=self._drawn, group="pair", opens=True)

    def _drawn(self, text: str) -> None:
        if not self.is_attached:
            return
        table = self.state
        at = f"{len(table.choices)} of {len(table.pairs.pairs)} pairs"
        masks = "" if can_mask() else " · personal data is not masked: it needs the extra text"
        self.put(text, f"{at} · {verdict_line(table.verdict)}{masks}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action in ("choose", "skip", "note"):
            return not self.is_noting and self.pair is not None
        return action not in ("undo", "mask") or not self.is_noting

    def action_choose(self, choice: str) -> None:
        if self.pair:
            self._do(actions.prefer, self.pair, choice)

    def action_skip(self) -> None:
        if self.pair:
            self._do(actions.skip, self.pair)

    def action_mask(self) -> None:
        """Show or hide personal data."""
        self._masks = not self._masks and can_mask()
        self.draw()

    def action_undo(self) -> None:
        self.app.in_thread(actions.undo, self.state, done=self.undone, opens=True)

    def keep_note(self, text: str) -> None:
        self.back = self.pair
        if self.back:
            self.app.in_thread(
                actions.note, self.state, self.back, text, done=self.noted, opens=True
            )

    def _do(self, action: Callable[..., Table], *words: object) -> None:
        self.app.in_thread(action, self.state, *words, done=self.kept, opens=True)


def _text(table: Table, pair: Pair | None, width: int, masks: bool) -> str:
    pairs = table.pairs
    if pair is None:
        counts = f"{pairs.inputs} inputs, {pairs.equal} with equal answers, {pairs.missing} without"
        return f"{NOTHING_LEFT}\n{counts}\n\n{verdict_line(table.verdict)}"
    change = masked if masks else str
    lines = [*map(change, case_lines(pair.case)), ""]
    lines += pair_lines(pair.left, pair.right, width, change)
    kept = table.note_of(pair)
    if kept:
        lines += ["", *named_text("your note", kept)]
    return "\n".join(lines)
