"""Fields of several lines: any edits, undo and redo keep text, cursor and history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual.app import App, ComposeResult
from textual.document._wrapped_document import WrappedDocument

from tests.support.examples import examples
from workbench.tui.draft.prompt_editor import PromptEditor
from workbench.tui.terminal.textual_private_area import LineArea, Lines
from workbench.tui.widgets.value_area import ValueArea

pytestmark = pytest.mark.anyio

START = "\n".join(f"line {number}" for number in range(16))
SIZES = ((120, 40), (80, 24), (40, 9), (12, 6))
PIECES = (
    "",
    "\n",
    "\r",
    "a",
    "long words in a line, " * 9,
    "\n".join(f"pasted {number}" for number in range(30)),
    "\r\n".join("windows" for _ in range(120)),
    "\r".join("as terminals paste" for _ in range(12)),
    "東京 👩‍💻 e\u0301\t\tand tabs\twide\n" * 8,
    "one\u2028line\x85still\x0b\x0c\x1c",
)


class Editing(App[None]):
    """One field that fills the screen."""

    CSS = "LineArea { height: 1fr; }"

    def __init__(self, make: Callable[[], LineArea]) -> None:
        super().__init__()
        self._make = make

    def compose(self) -> ComposeResult:
        yield self._make()

    @property
    def area(self) -> LineArea:
        return self.query_one(LineArea)


def check(area: LineArea) -> None:
    """What is drawn is the text, and the cursor stands in it."""
    wrapped = WrappedDocument(area.document, area.wrapped_document._width, area.indent_width)
    assert area.wrapped_document.lines == wrapped.lines
    assert area.wrapped_document._offset_to_line_info == wrapped._offset_to_line_info
    for row, column in area.selection:
        assert 0 <= row < area.document.line_count
        assert 0 <= column <= len(area.document[row])


def unwind(area: LineArea, first: str) -> None:
    """Back to the first text by undo alone, and forth again."""
    last = area.text
    steps = len(area.history.undo_stack)
    for _ in range(steps):
        area.undo()
        check(area)
    assert area.text == first
    for _ in range(steps):
        area.redo()
        check(area)
    assert area.text == last


@pytest.mark.exhaustive(keep=2)
@pytest.mark.parametrize(
    ("make", "piece"),
    [(partial(ValueArea, ""), PIECES[5]), *((PromptEditor, piece) for piece in PIECES[5:9])],
)
async def test_undo_and_redo_of_a_long_paste_keep_text_and_cursor(
    make: Callable[[], LineArea], piece: str
) -> None:
    app = Editing(make)
    async with app.run_test(size=(120, 40)) as pilot:
        area = app.area
        area.load_text(START)
        area.focus()
        area.move_cursor(area.document.end)
        cursor = area.cursor_location
        app.post_message(events.Paste(piece))
        await pilot.pause()
        pasted = area.text
        assert pasted == START + piece.replace("\r\n", "\n").replace("\r", "\n")
        await pilot.press("ctrl+z")
        assert (area.text, area.cursor_location) == (START, cursor)
        await pilot.press("ctrl+y", "!")
        assert area.text == pasted + "!"
        await pilot.press("ctrl+z", "ctrl+z")
        assert area.text == START


async def test_undo_of_a_cut_and_of_another_text_keeps_what_was_there() -> None:
    app = Editing(PromptEditor)
    long = "\n".join(f"row {number}" for number in range(90))
    async with app.run_test(size=(60, 12)) as pilot:
        area = app.query_one(PromptEditor)
        area.load_text(long)
        area.focus()
        area.select_all()
        await pilot.press("ctrl+x")
        assert area.text == ""
        await pilot.press("ctrl+z")
        assert area.text == long
        area.move_cursor(area.document.end)
        area.swap_text("short")
        await pilot.press("ctrl+z")
        assert area.text == long
        await pilot.press("ctrl+y")
        assert area.text == "short"


async def test_undo_of_a_field_that_is_out_of_sight_or_resized_keeps_its_text() -> None:
    app = Editing(PromptEditor)
    async with app.run_test(size=(120, 40)) as pilot:
        area = app.area
        area.load_text(START)
        area.insert(PIECES[5], area.document.end, maintain_selection_offset=False)
        await pilot.resize_terminal(30, 8)
        area.undo()
        assert area.text == START
        area.display = False
        await pilot.pause()
        area.redo()
        await pilot.resize_terminal(120, 40)
        area.undo()
        area.display = True
        await pilot.pause()
        assert area.text == START
        check(area)


_EDITS = st.one_of(
    st.tuples(st.just("paste"), st.sampled_from(PIECES)),
    st.tuples(st.just("type"), st.sampled_from(("x", "\n", "語"))),
    st.tuples(st.just("select"), st.tuples(*[st.integers(0, 60)] * 4)),
    st.tuples(st.just("resize"), st.sampled_from(SIZES)),
    st.tuples(
        st.just("do"),
        st.sampled_from(
            (
                *("undo", "redo", "cut", "paste", "select_all", "cursor_down", "cursor_page_up"),
                *("delete_left", "delete_right", "delete_line", "delete_word_left"),
                *("delete_to_start_of_line", "delete_to_end_of_line", "select_line"),
            )
        ),
    ),
)


@settings(max_examples=examples(10))
@given(
    start=st.sampled_from((START, "", "a\r\nb\r\nc", "a\r\nb\nc\u2028d")),
    edits=st.lists(_EDITS, max_size=30),
)
def test_any_edits_can_be_undone_and_done_again(
    start: str, edits: list[tuple[str, object]]
) -> None:
    async def edit() -> None:
        app = Editing(PromptEditor)
        async with app.run_test(size=SIZES[0]) as pilot:
            area = app.area
            area.load_text(start)
            for what, given_ in edits:
                if what == "resize":
                    assert isinstance(given_, tuple)
                    await pilot.resize_terminal(*given_)
                elif what == "select":
                    assert isinstance(given_, tuple)
                    area.move_cursor(area.clamp_visitable(given_[:2]))
                    area.move_cursor(area.clamp_visitable(given_[2:]), select=True)
                elif what == "do":
                    getattr(area, f"action_{given_}")()
                else:
                    area._replace_via_keyboard(str(given_), *area.selection)
                check(area)
            while area.history.redo_stack:
                area.redo()
                check(area)
            unwind(area, start)

    asyncio.run(edit())


@given(st.text(alphabet="ab\r\n\u2028\x85\x0b\x0c\x1c\t"))
def test_a_text_is_what_it_was_when_it_is_opened(text: str) -> None:
    assert Lines(text).text == text
