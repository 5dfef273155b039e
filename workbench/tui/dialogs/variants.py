"""The drafts of a prompt: open, make, promote or drop a variant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.session import Session
from workbench.actions.workspace.draft_history import Replaced
from workbench.actions.workspace.variants import (
    DraftState,
    drafts_of,
    drop,
    make_variant,
    promote,
)
from workbench.tui.base.dialog import Dialog, field, open_with
from workbench.tui.context.messages import RegistryChanged
from workbench.tui.keys import keys
from workbench.tui.table.case_table import CaseTable
from workbench.tui.table.columns import Column
from workbench.tui.table.list_rows import ListRow
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.tui.context.app_context import AppContext

T = TypeVar("T")
KEYS = "enter opens · n new · p promote · X drop · c compare · v differences"


def open_variants(app: AppContext) -> None:
    """List the drafts of the selected prompt; the chosen one is opened on Draft."""
    selection = app.selection
    prompt_id = selection.prompt_id

    def answered(variant: str | None) -> None:
        if variant is not None:
            app.select(version=None, variant=variant)
            app.action_go("draft")

    open_with(
        app,
        lambda session: drafts_of(session, prompt_id),
        lambda states: Variants(prompt_id, states, selection.variant),
        answered,
    )


def _state(row: ListRow[DraftState]) -> str:
    state = row.item
    if state.problem:
        return f"! {state.problem}"
    return f"= {state.version}" if state.version else ""


COLUMNS: tuple[Column[ListRow[DraftState]], ...] = (
    Column(
        "name",
        "name",
        24,
        lambda row: f"@{row.item.variant}" if row.item.variant else "draft",
        frozen=True,
    ),
    Column("state", "state", 30, _state, grows=True),
)


class Variants(Dialog[str]):
    """Closes with the variant to open; empty: the draft."""

    MODE: ClassVar[str] = "variants"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("variants")
    first_field = "#drafts"
    DEFAULT_CSS: ClassVar[str] = "Variants #dialog { width: 78; }"

    def __init__(self, prompt_id: str, states: Sequence[DraftState], current: str) -> None:
        super().__init__(f"Drafts of {prompt_id}", "Open")
        self._prompt_id = prompt_id
        self._states = {state.variant: state for state in states}
        self._current = current

    def body(self) -> Iterable[Widget]:
        yield CaseTable(COLUMNS, empty=("No draft.", "n makes a variant."), id="drafts")
        yield PlainStatic(KEYS)

    def on_mount(self) -> None:
        super().on_mount()
        self._load(self._current)

    def _load(self, cursor: str) -> None:
        rows = [
            ListRow(state.ref, state, at, "error" if state.problem else "", state.ref)
            for at, state in enumerate(self._states.values())
        ]
        chosen = self._states.get(cursor)
        self.query_one(CaseTable).load(rows, cursor=chosen.ref if chosen else "")
        self.refresh_bindings()

    @property
    def _chosen(self) -> DraftState | None:
        key = self.query_one(CaseTable).cursor_key
        return next((state for state in self._states.values() if state.ref == key), None)

    def on_case_table_highlighted(self, message: CaseTable.Highlighted) -> None:
        message.stop()
        self.refresh_bindings()

    def on_case_table_opened(self, message: CaseTable.Opened) -> None:
        message.stop()
        self.confirm()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        if action in ("promote", "drop", "compare", "diff"):
            chosen = self._chosen if self.is_mounted else None
            needs_draft = action in ("compare", "diff") and "" not in self._states
            return chosen is not None and bool(chosen.variant) and not needs_draft
        return True

    def confirm(self) -> None:
        if self._chosen:
            self.dismiss(self._chosen.variant)

    def action_new(self) -> None:
        """With the text of the one under the cursor, else of what is selected."""
        ref = self._chosen.ref if self._chosen else self.app.selection.ref

        def named(variant: str | None) -> None:
            if variant:
                self._read_again(variant, f"made {self._prompt_id}@{variant} from {ref}")

        self.app.push_screen(NewVariant(ref), named)

    def action_promote(self) -> None:
        def sentence(variant: str, made: Replaced) -> str:
            kept = f" · the text before: {made.kept}" if made.kept else ""
            return f"{self._prompt_id}@{variant} is the draft now{kept}"

        self._change(promote, sentence)

    def action_drop(self) -> None:
        def sentence(variant: str, _kept: Path) -> str:
            ref = f"{self._prompt_id}@{variant}"
            return f"dropped {ref}: workbench draft {ref} --restore brings it back"

        self._change(drop, sentence)

    def _change(
        self, change: Callable[[Session, str, str], T], sentence: Callable[[str, T], str]
    ) -> None:
        """Promote or drop the chosen variant, which is gone then."""
        if self._chosen is None or not self._chosen.variant:
            return
        variant = self._chosen.variant

        def done(result: T) -> None:
            if self.app.selection.variant == variant:
                self.app.select(variant="")
            self._read_again("", sentence(variant, result))

        self.app.in_thread(change, self._prompt_id, variant, done=done, failed=self.refused)

    def _read_again(self, cursor: str, message: str) -> None:
        def read(states: tuple[DraftState, ...]) -> None:
            self._states = {state.variant: state for state in states}
            if self.is_open:
                self._load(cursor)

        self.app.tell(message)
        self.app.post_to_screen(RegistryChanged())
        self.app.in_thread(drafts_of, self._prompt_id, done=read, failed=self.refused)

    def action_compare(self) -> None:
        chosen = self._chosen
        if chosen:
            self.dismiss(None)
            self.app.open_compare(self._prompt_id, chosen.ref)

    def action_diff(self) -> None:
        chosen, draft = self._chosen, self._states.get("")
        if chosen is None or draft is None:
            return
        from workbench.tui.widgets.prompt_diff import PromptDiffScreen

        def read(_session: Session) -> tuple[str, str]:
            a, b = (state.path.read_bytes().decode("utf-8", "replace") for state in (draft, chosen))
            return a, b

        def show(texts: tuple[str, str]) -> None:
            title = f"{self._prompt_id} (draft) and {chosen.ref}"
            self.app.push_screen(PromptDiffScreen(title, *texts))

        self.app.in_thread(read, done=show, failed=self.refused, opens=True)


class NewVariant(Dialog[str]):
    """Closes with the name of the variant that was made."""

    first_field = "#variant"
    enter_confirms = True

    def __init__(self, ref: str) -> None:
        super().__init__(f"New variant with the text of {ref}", "Make it")
        self._ref = ref

    def body(self) -> Iterable[Widget]:
        yield from field("variant", "name", hint="for example terse")
        yield PlainStatic("Makes PROMPT@NAME.prompty beside the draft.")

    def confirm(self) -> None:
        variant = self.query_one("#variant", Input).value.strip()
        self.app.in_thread(
            make_variant,
            self._ref,
            variant,
            done=lambda _path: self.dismiss(variant),
            failed=self.refused,
        )
