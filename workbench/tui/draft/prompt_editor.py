"""The editor of drafts: role lines and {{ variables }} stand out, problems mark their line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from workbench.tui.terminal.textual_private_area import LineArea
from workbench.tui.widgets.prompt_text import Kind, front_matter_end, spans

_MAX_FRONT = 400
_SIGNS = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)}
_SIGNS |= {0x0D: 0x240D, 0x7F: 0x2421}
_SIGNS |= dict.fromkeys(
    [
        *range(0x80, 0xA0),
        *(0x061C, 0x200B, 0x200C, 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF, 0x00AD),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xD800, 0xE000),
    ],
    0xFFFD,
)
"""One sign for one character, so that the cursor stays where it is; `safe_text` may need more."""

_KINDS: tuple[Kind, ...] = ("role", "variable", "tag", "comment", "front")


def _without_f6() -> list[BindingType]:
    """TextArea's own keys, but F6, which is the screen's."""
    return [b for b in TextArea.BINDINGS if isinstance(b, Binding) and b.key != "f6"]


class PromptEditor(LineArea, inherit_bindings=False):
    """An editor that knows what a prompt looks like."""

    BINDINGS: ClassVar[list[BindingType]] = _without_f6()

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"prompt-editor--{kind}" for kind in _KINDS),
        "prompt-editor--problem",
    }
    DEFAULT_CSS = """
    PromptEditor {
        & > .prompt-editor--role { text-style: bold; color: $text-primary; }
        & > .prompt-editor--variable { text-style: bold; color: $text-accent; }
        & > .prompt-editor--tag { color: $text-secondary; }
        & > .prompt-editor--comment { text-style: italic; color: $text-muted; }
        & > .prompt-editor--front { color: $text-muted; }
        & > .prompt-editor--problem { text-style: underline; color: $text-error; }
        &:ansi > .prompt-editor--front { color: ansi_default; text-style: dim; }
        &:ansi > .prompt-editor--comment { color: ansi_default; text-style: italic dim; }
    }
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "", soft_wrap=True, show_line_numbers=True, tab_behavior="focus", **options
        )
        self.cursor_blink = False
        self._kind_styles: dict[str, Style] = {}
        self._problems: frozenset[int] = frozenset()

    def mark(self, lines: Iterable[int]) -> None:
        """Mark these lines (from 1) as having a problem."""
        problems = frozenset(line - 1 for line in lines)
        if problems != self._problems:
            self._problems = problems
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """The line, coloured, with nothing in it that could act on the terminal."""
        shown = self.document.get_line(line_index).translate(_SIGNS)
        line = Text(shown, end="", no_wrap=True)
        if line_index < self._front():
            line.stylize(self._style("front"))
        else:
            for start, end, kind in spans(shown):
                line.stylize(self._style(kind), start, end)
        if line_index in self._problems:
            line.stylize(self._style("problem"))
        return line

    def show_body(self) -> None:
        """Put the cursor into the text of the first message, and the body on top."""
        top = min(self._front(), self.document.line_count - 1)
        self.move_cursor((self._first_text(top), 0))
        self.call_after_refresh(self.scroll_to, y=max(0, top - 1), animate=False)

    def _first_text(self, top: int) -> int:
        """The row below the first role line of the body that starts at `top`, else its own."""
        rows = range(top, self.document.line_count)
        first = next((row for row in rows if self.document.get_line(row).strip()), top)
        is_role = any(kind == "role" for *_, kind in spans(self.document.get_line(first)))
        return min(first + is_role, self.document.line_count - 1)

    def swap_text(self, text: str) -> None:
        """Another text as one edit that undo takes back; the cursor stays near its place."""
        if text == self.text:
            return
        cursor = self.cursor_location
        self.history.checkpoint()
        self.replace(text, (0, 0), self.document.end, maintain_selection_offset=False)
        self.history.checkpoint()
        self.move_cursor(self.clamp_visitable(cursor))

    def notify_style_update(self) -> None:
        self._kind_styles = {}
        super().notify_style_update()

    def _front(self) -> int:
        count = min(self.document.line_count, _MAX_FRONT)
        return front_matter_end([self.document.get_line(number) for number in range(count)])

    def _style(self, kind: str) -> Style:
        if kind not in self._kind_styles:
            self._kind_styles[kind] = self.get_component_rich_style(
                f"prompt-editor--{kind}", partial=True
            )
        return self._kind_styles[kind]
