"""One case tried from the draft, on one model or on several side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from textual.containers import Container
from textual.content import Content

from workbench.actions.running.tries import Tried, keep_typed, try_and_keep
from workbench.actions.session import Session
from workbench.datasets.json_values import as_text
from workbench.datasets.values import Case
from workbench.errors import UsageError, WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line, safe_text
from workbench.prompts.values import Input, Model, Prompt
from workbench.providers.base import Answer
from workbench.runs.engine.scoring import score_answer
from workbench.runs.spec.suite import Suite
from workbench.runs.tries.values import Question
from workbench.tui.draft.checks import Checked
from workbench.tui.draft.inputs_form import GIVEN, InputsForm, inputs_of
from workbench.tui.draft.queries import check_in
from workbench.tui.services.background import call_in_thread
from workbench.tui.widgets.run_header import EDITED
from workbench.tui.widgets.text import plain
from workbench.tui.widgets.text_view import TextView

if TYPE_CHECKING:
    from textual.timer import Timer

    from workbench.tui.base.screen import ModeScreen
    from workbench.tui.draft.queries import DraftPage

PAINT_S = 0.1
MOST_MODELS = 6


@dataclass
class Asked:
    """One question under way: the pieces come in a thread, the view is painted on the loop."""

    prompt: Prompt
    case: Case
    view: TextView
    draft: str
    """Its text, as it was asked with."""
    state: str = "asking…"
    lock: threading.Lock = field(default_factory=threading.Lock)
    pieces: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        model = self.prompt.model
        return f"{model.provider}/{model.id}" if model else "no model"

    def heard(self, piece: str) -> None:
        with self.lock:
            self.pieces.append(piece)

    def text(self) -> str:
        with self.lock:
            return "".join(self.pieces)


class DraftInEditor(Protocol):
    """The draft that is tried, as its screen has it."""

    @property
    def text(self) -> str: ...
    @property
    def path(self) -> Path | None:
        """The draft's file; None: no draft is open."""

    @property
    def page(self) -> DraftPage | None: ...
    @property
    def case(self) -> Case | None: ...
    @property
    def suite(self) -> Suite | None: ...
    @property
    def label(self) -> str:
        """`draft`, or `@short-name` of a variant."""

    def show_case(self, case: Case) -> None:
        """Make it the case that the preview shows, among the others if it is new."""

    def show_checks(self, checked: Checked) -> None: ...


class Trial:
    """Calls models in threads; answer panes are repainted ten times a second while text streams."""

    def __init__(self, screen: ModeScreen, draft: DraftInEditor) -> None:
        self._screen = screen
        self._draft = draft
        self._asked: list[Asked] = []
        self._open: list[Asked] = []
        self._timer: Timer | None = None

    async def start(self, models: Sequence[Model] = (), *, always_ask: bool = False) -> None:
        """Try the current draft on the current case; by default on its own model. Without a case,
        or with `always_ask`, the user is asked for the inputs.
        """
        screen = self._screen
        text, case = self._draft.text, self._draft.case
        checked = await self._check(text, case)
        if checked is None:
            return
        if checked.prompt is None:
            screen.app.tell(f"not tried: {checked.problems[0].text}", error=True)
            return
        prompts = [replace(checked.prompt, model=model) for model in models] or [checked.prompt]
        inputs = inputs_of(checked.prompt)
        if case is not None and not always_ask:
            await self._ask_all(prompts, checked.case or case, text)
        elif not inputs:
            await self._ask_all(prompts, Case(GIVEN, {}), text)
        else:
            self._ask_for(inputs, prompts, text)

    def _ask_for(self, inputs: Sequence[Input], prompts: Sequence[Prompt], text: str) -> None:
        """Ask the user for inputs, and try them; typed ones are kept among the prompt's cases."""
        screen, page = self._screen, self._draft.page
        prompt_id = prompts[0].prompt_id

        def try_on(case: Case) -> None:
            self._draft.show_case(case)
            screen.run_worker(self._ask_all(prompts, case, text), exclusive=True, group="models")

        def answered(case: Case | None) -> None:
            if case is None:
                return
            if case.id != GIVEN:
                try_on(case)
                return
            screen.app.in_thread(keep_typed, prompt_id, case, done=try_on, group="typed")

        cases = page.cases if page else ()
        title = f"Inputs to try {prompt_id} on · ^s tries it"
        screen.app.push_screen(InputsForm(title, inputs, cases, self._draft.case), answered)

    async def _ask_all(self, prompts: Sequence[Prompt], case: Case, text: str) -> None:
        screen = self._screen
        self._open = []
        answers = screen.query_one("#answers", Container)
        screen.set_class(len(prompts) > 1, "-models")
        screen.add_class("-answering")
        views = [TextView(classes="pane answer") for _ in prompts]
        await answers.remove_children()
        await answers.mount(*views)
        self._asked = [Asked(p, case, view, text) for p, view in zip(prompts, views, strict=True)]
        self._open = list(self._asked)
        self._timer = self._timer or screen.set_interval(PAINT_S, self._paint)
        self._timer.resume()
        for at, asked in enumerate(self._asked):
            self._title(asked)
            self._ask(asked, at, self._draft.suite)

    async def _check(self, text: str, case: Case | None) -> Checked | None:
        """Tries the editor's current text, not the one checked last."""
        screen = self._screen
        page, path = self._draft.page, self._draft.path
        if page is None or path is None:
            return None
        checked = await call_in_thread(
            screen.app.workspace,
            lambda session: check_in(
                session.workspace, path, text, case, page.baseline, suite=page.suite
            ),
        )
        self._draft.show_checks(checked)
        return checked

    async def show_empty(self) -> None:
        """Placeholder until this draft has an answer."""
        self._asked, self._open = [], []
        view = TextView(classes="pane answer")
        answers = self._screen.query_one("#answers", Container)
        await answers.remove_children()
        await answers.mount(view)
        view.border_title = plain("Answer")
        view.show("^t tries the case on the draft's model, F12 on several side by side")

    def _ask(self, asked: Asked, at: int, suite: Suite | None) -> None:
        label, case = self._draft.label, asked.case
        is_typed = suite is None or suite.dataset.case(case.id) is None
        place = "" if is_typed or suite is None else suite.name

        def ask(session: Session) -> Tried:
            question = Question(asked.prompt, label, case, place, asked.draft)
            return try_and_keep(session, question, on_text=asked.heard)

        self._screen.app.in_thread(
            ask,
            done=lambda tried: self._finished(asked, tried, suite),
            failed=lambda error: self._failed(asked, error),
            group=f"trial-{at}",
        )

    def _title(self, asked: Asked, state: str = "") -> None:
        asked.state = state or asked.state
        title = f"{asked.case.id} · {asked.state}"
        if len(self._asked) > 1:
            place = self._asked.index(asked) + 1
            title = f"{place}/{len(self._asked)} · {asked.name} · {asked.state}"
        if asked.draft != self._draft.text:
            title = f"{EDITED.upper()} · {title}"
        asked.view.border_title = plain(title)

    def draft_changed(self) -> None:
        """Mark answers to a text that differs from the editor's; undo removes the mark."""
        for asked in self._asked:
            self._title(asked)

    def _paint(self) -> None:
        for asked in self._open:
            text = asked.text()
            if text != asked.view.raw:
                asked.view.show(text)

    def _settled(self, asked: Asked) -> bool:
        """False when a newer trial took its place."""
        if asked not in self._open:
            return False
        self._open.remove(asked)
        if not self._open and self._timer:
            self._timer.pause()
        return True

    def _finished(self, asked: Asked, tried: Tried, suite: Suite | None) -> None:
        answer = tried.answer
        self._screen.app.tour.look()
        if tried.problem:
            self._screen.app.tell(f"this try was not kept: {tried.problem}", error=True)
        if self._settled(asked):
            self._title(asked, answer.outcome.value.replace("_", " "))
            asked.view.show(answer_text(answer, asked.case, suite), raw=answer.text)

    def _failed(self, asked: Asked, error: WorkbenchError) -> None:
        if self._settled(asked):
            self._title(asked, "failed")
            asked.view.show(str(error))
            self._screen.app.tell(str(error), error=True)


def parse_models(text: str, like: Model) -> list[Model]:
    """Models from `provider/id, id, ...` with the options of `like`, and its provider by default.

    Raises UsageError for none, or for more than fit side by side.
    """
    models = []
    for name in dict.fromkeys(piece.strip() for piece in text.split(",")):
        if not name:
            continue
        provider, slash, model = name.partition("/")
        if slash:
            models.append(Model(model, provider, like.options))
        else:
            models.append(Model(name, like.provider, like.options))
    if not models:
        raise UsageError("no model", hint="names separated by commas: openai/gpt-4.1-mini, local/x")
    if len(models) > MOST_MODELS:
        raise UsageError(f"{len(models)} models do not fit: {MOST_MODELS} at most")
    return models


def answer_text(answer: Answer, case: Case, suite: Suite | None) -> Content:
    """The answer, what was expected, each scorer's word, and what the call took."""
    parts = [Content(safe_text(answer.text))] if answer.text else []
    if answer.error:
        parts.append(Content.styled(safe_line(f"! {answer.error}"), "$text-error"))
    if answer.note:
        parts.append(Content.styled(safe_line(f"~ {answer.note}"), "$text-warning"))
    parts.append(Content("─" * 12))
    if case.expected is not None:
        parts.append(Content.assemble(("expected ", "bold"), safe_line(as_text(case.expected))))
    scores, _ = score_answer(suite.scorers if suite else (), answer, case)
    for name, score in scores.items():
        good = score.value is not None and score.value >= 1
        line = Content.assemble(
            (f"{name} ", "bold"),
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
