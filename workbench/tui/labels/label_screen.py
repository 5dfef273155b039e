"""Answers of a suite's runs, to be labelled one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from workbench.actions.labelling.label import (
    PASS_FAIL,
    Desk,
    give,
    note,
    open_desk,
    skip,
    undo,
)
from workbench.actions.labelling.order import Item
from workbench.actions.session import Session
from workbench.present.labels.texts import answer_lines
from workbench.present.safe_text import safe_line
from workbench.tui.context.app_context import AppContext
from workbench.tui.keys import keys
from workbench.tui.labels.judging import JudgingScreen

NOTHING_LEFT = "All answers are labelled or skipped."


def open_labelling(app: AppContext, suite: str, run_ids: Sequence[str] = ()) -> None:
    """Label the answers of a suite's runs, or of these runs alone."""

    def read(session: Session) -> Desk:
        return open_desk(session, suite, run_ids=run_ids)

    app.in_thread(read, done=lambda desk: app.push_screen(LabelScreen(desk)), opens=True)


class LabelScreen(JudgingScreen[Desk, Item]):
    """One answer at a time, without whose it is."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("label")

    def __init__(self, desk: Desk) -> None:
        super().__init__("", _keys_line(desk), desk)

    @property
    def item(self) -> Item | None:
        """What is asked about."""
        return self.back or next(iter(self.state.open), None)

    def draw(self) -> None:
        desk, item = self.state, self.item
        about = f" · {desk.asked.about}: {desk.criterion}" if desk.asked.about else ""
        self.show_title(f"Label {desk.asked.suite}{about} · {desk.asked.rater}")
        lines = (
            [NOTHING_LEFT, "u takes the last label back."]
            if item is None
            else answer_lines(item.case, item.answer, desk.note_of(item))
        )
        counts = f"{desk.done} of {len(desk.items)} labelled, {len(desk.skipped)} skipped"
        if desk.spoilt:
            counts += f" · {desk.spoilt} cut short, refused or empty are left out"
        self.put("\n".join(lines), counts)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "level":
            return not self.is_noting and parameters[0] in range(1, len(self.state.labels) + 1)
        if action == "word":
            return not self.is_noting and parameters[0] in self.state.labels
        if action in ("skip", "note"):
            return not self.is_noting and self.item is not None
        return action != "undo" or not self.is_noting

    def action_level(self, number: int) -> None:
        self.action_word(self.state.labels[number - 1])

    def action_word(self, label: str) -> None:
        if self.item:
            self.app.in_thread(give, self.state, self.item, label, done=self.kept, opens=True)

    def action_skip(self) -> None:
        if self.item:
            self.app.in_thread(skip, self.state, self.item, done=self.kept, opens=True)

    def action_undo(self) -> None:
        self.app.in_thread(undo, self.state, done=self.undone, opens=True)

    def keep_note(self, text: str) -> None:
        self.back = self.item
        if self.back:
            self.app.in_thread(note, self.state, self.back, text, done=self.noted, opens=True)


def _keys_line(desk: Desk) -> str:
    if desk.labels == PASS_FAIL:
        labels = "p pass  f fail"
    else:
        labels = "  ".join(f"{at} {safe_line(label)}" for at, label in enumerate(desk.labels, 1))
    return f"{labels}  s skip  u undo  n note  j/k scroll  esc leave"
