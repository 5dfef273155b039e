"""One try to read, two to compare, one to delete."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from workbench.present.safe_text import safe_line, safe_text
from workbench.present.tries.texts import (
    about,
    answer_text,
    case_of,
    inputs_text,
    model_of,
    prompt_texts,
)
from workbench.runs.tries.values import Try, TryRow
from workbench.tui.base.dialog import Dialog
from workbench.tui.keys import keys
from workbench.tui.widgets.prompt_diff import PromptDiffScreen
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text import PlainStatic
from workbench.tui.widgets.text_view import TextView


class DropTry(Dialog[bool]):
    """True: delete it."""

    def __init__(self, row: TryRow) -> None:
        super().__init__(f"Delete try {row.id}? · y deletes it", "Delete", no="Keep")
        self._row = row

    def body(self) -> Iterable[Widget]:
        yield PlainStatic(f"{about(self._row)}\n{self._row.answer_start}")

    def confirm(self) -> None:
        self.dismiss(True)


class TryScreen(ReadingScreen):
    """All of one try."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("try")

    def __init__(self, tried: Try) -> None:
        super().__init__(f"Try {tried.row.id}", "j/k scroll · y copy · Y a part of it · esc close")
        self._tried = tried

    def body(self) -> Iterable[Widget]:
        yield TextView(id="try")

    def on_mount(self) -> None:
        tried = self._tried
        view = self.query_one(TextView)
        parts = [
            Content(safe_line(about(tried.row))),
            Content(safe_line(f"case {case_of(tried.row)} · by {tried.row.tried_by}")),
            *_block("answer", answer_text(tried)),
            *_block("inputs", inputs_text(tried)),
            *_block("prompt", prompt_texts(tried, tried)[0]),
        ]
        view.show(Content("\n").join(parts), raw=tried.answer.text)
        view.focus()


def _block(name: str, text: str) -> Iterable[Content]:
    return (Content(""), Content.styled(name, "bold"), Content(safe_text(text)))


def difference(a: Try, b: Try) -> PromptDiffScreen:
    """What differs between two tries: answer, model, inputs, prompt."""
    prompts = prompt_texts(a, b)
    title = f"try {a.row.id} ({model_of(a.row)}) → try {b.row.id} ({model_of(b.row)})"
    return PromptDiffScreen(title, _compared(a, prompts[0]), _compared(b, prompts[1]))


def _compared(tried: Try, prompt: str) -> str:
    """All that can differ, in one text."""
    options = tried.prompt.model.options if tried.prompt.model else {}
    with_options = [model_of(tried.row), *(f"{key}: {options[key]}" for key in sorted(options))]
    parts = {
        "answer": answer_text(tried),
        "model": "\n".join(with_options),
        "inputs": inputs_text(tried),
        "prompt": prompt,
    }
    return "\n\n".join(f"── {name}\n{text}" for name, text in parts.items())
