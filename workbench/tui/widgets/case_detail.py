"""One case in full: input, expected, output, scores with their reasons, what the call cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from workbench.datasets.fit import sent_inputs
from workbench.errors import TemplateError
from workbench.present import numbers
from workbench.present.case_values import readable, readable_inputs
from workbench.present.safe_text import safe_line, safe_text
from workbench.prompts.inputs.conversations import message_text
from workbench.prompts.templates.templates import Renderer
from workbench.tui.keys import keys
from workbench.tui.table.case_rows import ResultRow
from workbench.tui.table.case_texts import flat_json
from workbench.tui.table.copying import Copy
from workbench.tui.widgets.reading_screen import ReadingScreen
from workbench.tui.widgets.text import PlainStatic, plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.prompts.values import Prompt
    from workbench.providers.base import Answer
    from workbench.scorers.base import Score

SHOWN_CHARS = 100_000
"""Of one text: more is for a pager."""


def block(title: str, text: str) -> Content:
    """A titled part of the detail; both are untrusted, and `text` may be long."""
    cut = safe_text(text[:SHOWN_CHARS])
    if len(text) > SHOWN_CHARS:
        cut += f"\n… {len(text) - SHOWN_CHARS:,} more characters are not shown"
    return Content.assemble((safe_line(title), "bold"), "\n", Content(cut), "\n\n")


def input_block(row: ResultRow) -> list[Content]:
    """The inputs of a case, each under its name."""
    if row.case is None:
        return [block("input", "(not known)")]
    return [block(f"input · {name}", text) for name, text in readable_inputs(row.case).items()]


def score_lines(scores: Iterable[tuple[str, Score]]) -> str:
    """A line a scorer: value and reason."""
    return "\n".join(
        f"{name}  {numbers.score(score.value, 2)}  {safe_line(score.reason)}".rstrip()
        for name, score in scores
    )


def call_lines(answer: Answer) -> str:
    """What the call took, and how it ended."""
    parts = [
        answer.outcome.value + (f" ({answer.finish_reason})" if answer.finish_reason else ""),
        numbers.plural(answer.attempts, "attempt"),
        f"took {numbers.seconds(answer.latency_s)}",
    ]
    if answer.first_token_s is not None:
        parts.append(f"first token after {numbers.seconds(answer.first_token_s)}")
    if answer.status is not None:
        parts.append(f"HTTP {answer.status}")
    if answer.cached:
        parts.append("from the cache")
    tokens = (
        f"{numbers.tokens(answer.prompt_tokens)} tokens in, "
        f"{numbers.tokens(answer.completion_tokens)} out · {numbers.money(answer.cost_usd)}"
    )
    lines = [" · ".join(parts), tokens]
    if answer.model:
        lines.append(f"model {answer.model} {answer.system_fingerprint}".rstrip())
    lines += [line for line in (answer.error, answer.note) if line]
    return "\n".join(lines)


def request_text(prompt: Prompt, row: ResultRow) -> str:
    """The messages that were sent for this case."""
    if row.case is None:
        return "(the case is not known)"
    try:
        messages = Renderer(prompt).render(sent_inputs(prompt, row.case.inputs))
    except TemplateError as error:
        return f"(cannot be rendered: {error})"
    return "\n\n".join(f"{message.role}:\n{message_text(message)}" for message in messages)


def case_detail(row: ResultRow, prompt: Prompt | None = None, note: str = "") -> Content:
    """Everything about one result. With `prompt` the messages that were sent come last."""
    parts = [*input_block(row)]
    if row.case is not None:
        parts.append(block("expected", flat_json(row.case.expected) or "(nothing)"))
    if row.result is None:
        parts.append(block("output", "(not answered yet)"))
    else:
        answer = row.result.answer
        parts.append(block("output", answer.text or f"(none: {answer.outcome.value})"))
        parts.append(block("scores", score_lines(row.result.scores.items())))
        parts.append(block("call", call_lines(answer)))
    if note:
        parts.append(block("rating", note))
    if row.case is not None and (row.case.tags or row.case.split):
        tags = " ".join(row.case.tags)
        parts.append(block("tags", f"{tags}  split {row.case.split or 'none'}".strip()))
    if prompt is not None:
        parts.append(block("request", request_text(prompt, row)))
    return Content("").join(parts).rstrip()


class CaseStrip(PlainStatic):
    """Three lines about the case under the cursor, for terminals without room for more."""

    DEFAULT_CSS = "CaseStrip { height: 3; padding: 0 1; }"

    def show_row(self, row: ResultRow | None) -> None:
        """Input, expected and output, a line each."""
        if row is None:
            self.show("", layout=False)
            return
        case = row.case
        inputs = " · ".join(map(readable, case.inputs.values())) if case else ""
        expected = flat_json(case.expected) if case else ""
        lines = (("input ", inputs), ("expect", expected), ("output", row.output))
        shown = [Content.assemble((f"{n}: ", "bold"), plain(text[:2_000])) for n, text in lines]
        self.show(Content("\n").join(shown), layout=False)


class CaseScreen(ReadingScreen):
    """The case in full; `]` and `[` go through the list below it."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("case")
    DEFAULT_CSS = "CaseScreen > Vertical { max-width: 120; }"

    def __init__(
        self,
        describe: Callable[[], tuple[str, Content]],
        step: Callable[[int], None],
        copies: Callable[[], Sequence[Copy]] = tuple,
        judged: Callable[[], Callable[[Session], Content]] | None = None,
    ) -> None:
        """`describe` gives title and text of the current case, `step` moves to another, `copies`
        are its parts, `judged` what reads the replies of judges about it.
        """
        judges = "J judges · " if judged else ""
        super().__init__("", f"]/[ next, before · {judges}y/Y copy · j/k scroll · esc close")
        self._judged = judged
        self._describe = describe
        self._step = step
        self._copies = copies

    def copies(self) -> Sequence[Copy]:
        return self._copies()

    def body(self) -> Iterable[Widget]:
        yield TextView(id="case")

    def on_mount(self) -> None:
        self.show()
        self.query_one(TextView).focus()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        del parameters
        return action != "judges" or self._judged is not None

    def action_judges(self) -> None:
        """The whole replies of the judges, with their reasons."""
        if self._judged is None:
            return
        title, _ = self._describe()

        def show(text: Content) -> None:
            replies = (f"Judges · {title}", text)
            self.app.push_screen(CaseScreen(lambda: replies, lambda _way: None))

        self.app.in_thread(self._judged(), done=show, group="judges", opens=True)

    def action_step(self, way: int) -> None:
        self._step(way)
        self.say()
        self.show()

    def show(self) -> None:
        """Show the current case as it is now."""
        title, text = self._describe()
        self.show_title(title)
        view = self.query_one(TextView)
        view.show(text)
        view.scroll_home(animate=False)
