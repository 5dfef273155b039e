"""One case tried from the draft: streamed, timed, scored."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from textual.content import Content

from workbench.actions import run as running
from workbench.actions.bench import Bench
from workbench.datasets.values import Case
from workbench.errors import WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line, safe_text
from workbench.prompts.values import Prompt
from workbench.providers.values import Answer
from workbench.runs.suite import Suite
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.timer import Timer

    from workbench.tui.screens.draft import DraftScreen

PAINT_S = 0.1


class Trial:
    """Asks in a thread; the answer's pane is painted ten times a second while text comes."""

    def __init__(self, screen: DraftScreen) -> None:
        self._screen = screen
        self._lock = threading.Lock()
        self._pieces: list[str] = []
        self._turn = 0
        self._timer: Timer | None = None

    def start(self) -> None:
        """Try the draft as it stands on the current case."""
        screen = self._screen
        checked, case, suite = screen.checked, screen.case, screen.suite
        if checked is None or checked.prompt is None or case is None:
            return
        self._turn += 1
        turn = self._turn
        with self._lock:
            self._pieces = []
        screen.add_class("-answering")
        self._title(f"Answer · {case.id} · asking…")
        self._view.show("")
        self._timer = self._timer or screen.set_interval(PAINT_S, self._paint)
        self._timer.resume()
        screen.bench_app.in_thread(
            self._ask,
            checked.prompt,
            case,
            turn,
            done=lambda answer: self._finished(turn, answer, case, suite),
            failed=lambda error: self._failed(turn, error, case),
            group="trial",
        )

    @property
    def _view(self) -> TextView:
        return self._screen.query_one("#answer", TextView)

    def _title(self, text: str) -> None:
        self._screen.query_one("#answers").border_title = plain(text)

    def _ask(self, bench: Bench, prompt: Prompt, case: Case, turn: int) -> Answer:
        def heard(piece: str) -> None:
            with self._lock:
                if turn == self._turn:
                    self._pieces.append(piece)

        return running.try_case(bench, prompt, case, on_text=heard)

    def _paint(self) -> None:
        with self._lock:
            text = "".join(self._pieces)
        if text != self._view.raw:
            self._view.show(text)

    def _stop(self) -> None:
        if self._timer:
            self._timer.pause()

    def _finished(self, turn: int, answer: Answer, case: Case, suite: Suite | None) -> None:
        if turn != self._turn:
            return
        self._stop()
        self._title(f"Answer · {case.id} · {answer.outcome.value.replace('_', ' ')}")
        self._view.show(answer_text(answer, case, suite), raw=answer.text)

    def _failed(self, turn: int, error: WorkbenchError, case: Case) -> None:
        if turn != self._turn:
            return
        self._stop()
        self._title(f"Answer · {case.id} · failed")
        self._view.show(str(error))
        self._screen.bench_app.tell(str(error), error=True)


def answer_text(answer: Answer, case: Case, suite: Suite | None) -> Content:
    """The answer, what was expected, each scorer's word, and what the call took."""
    parts = [Content(safe_text(answer.text))] if answer.text else []
    if answer.error:
        parts.append(Content.styled(safe_line(f"! {answer.error}"), "$text-error"))
    if answer.note:
        parts.append(Content.styled(safe_line(f"~ {answer.note}"), "$text-warning"))
    parts.append(Content("─" * 12))
    if case.expected is not None:
        parts.append(Content.assemble(("expected ", "bold"), safe_line(str(case.expected))))
    for scorer in suite.scorers if suite else ():
        score = scorer.score(answer, case)
        good = score.value is not None and score.value >= 1
        line = Content.assemble(
            (f"{scorer.name} ", "bold"),
            (numbers.score(score.value, 2), "$text-success" if good else "$text-warning"),
            safe_line(f"  {score.reason}" if score.reason else ""),
        )
        parts.append(line)
    took = [numbers.seconds(answer.latency_s)]
    if answer.first_token_s is not None:
        took.append(f"first token {numbers.seconds(answer.first_token_s)}")
    sent, got = numbers.tokens(answer.prompt_tokens), numbers.tokens(answer.completion_tokens)
    took.append(f"{sent} + {got} tokens")
    took.append(numbers.money(answer.cost_usd))
    parts.append(Content.styled(safe_line(" · ".join(took)), "$text-muted"))
    return Content("\n").join(parts)
