"""The gate from the terminal: run it, watch it, read what it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.preflight import preflight_evaluation
from workbench.tui.base.dialog import Dialog
from workbench.tui.context.messages import DeployAsked, RegistryChanged
from workbench.tui.dialogs.ask_calls import ask_before
from workbench.tui.keys import keys
from workbench.tui.widgets.evidence_lines import all_evidence
from workbench.tui.widgets.text_view import TextView
from workbench.verdicts.values import Evidence, Gate

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.tui.context.app_context import AppContext


def start_evaluation(app: AppContext, prompt_id: str, version: str) -> None:
    """Show what the gate of every suite would call for this version; once confirmed, run it, record
    the evidence and show the verdict. Nothing is asked if every answer is cached.
    """
    ask_before(
        app,
        f"Evaluate {prompt_id}@{version}",
        lambda session: preflight_evaluation(session, prompt_id, version),
        lambda: _evaluate(app, prompt_id, version),
        always=True,
    )


def _evaluate(app: AppContext, prompt_id: str, version: str) -> None:
    if app.runs.is_alive:
        app.tell("a run is active: 3 shows it, x there stops it", error=True)
        return

    def evaluate(session: Session) -> tuple[Evidence, ...]:
        from workbench.actions.releasing.answer_origins import needs_fresh_answers
        from workbench.actions.releasing.evaluate import evaluate as gate

        follow = app.runs.follow_from_thread
        return gate(session, prompt_id, version, fresh=needs_fresh_answers(session), on_run=follow)

    def done(evidence: tuple[Evidence, ...]) -> None:
        app.post_to_screen(RegistryChanged())
        app.tell(f"{_word(evidence)} {prompt_id}@{version} · F2 Prompts: space on it shows why")
        if _is_watched(app, evidence):
            app.push_screen(Verdict(prompt_id, version, evidence))

    app.tell(f"evaluating {prompt_id}@{version}: the gate's cases, then its verdict")
    app.in_thread(evaluate, done=done)
    app.open_run()


def _is_watched(app: AppContext, evidence: tuple[Evidence, ...]) -> bool:
    """Whether the user looks at that run still, and does not type."""
    return (
        app.current_mode == "run"
        and len(app.screen_stack) == 1
        and not isinstance(app.focused, Input)
        and app.selection.run_id in [item.run_b for item in evidence]
    )


def _word(evidence: tuple[Evidence, ...]) -> str:
    gates = [item.gate for item in evidence]
    if Gate.FAIL in gates:
        return "FAIL"
    return "NO DECISION" if Gate.NO_DECISION in gates else "PASS"


class Verdict(Dialog[None]):
    """What the gate said, and the next step."""

    MODE: ClassVar[str] = "verdict"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("verdict")
    first_field = "#verdict"
    unasked = True

    def __init__(self, prompt_id: str, version: str, evidence: tuple[Evidence, ...]) -> None:
        passed = all(item.gate is Gate.PASS for item in evidence)
        title = f"{_word(evidence)} · {prompt_id}@{version}"
        super().__init__(f"{title} · D deploys it" if passed else title, no="Close")
        self._ref = (prompt_id, version)
        self._passed = passed
        self._evidence = evidence

    def body(self) -> Iterable[Widget]:
        yield TextView(id="verdict")

    def on_mount(self) -> None:
        self.query_one("#verdict", TextView).show(all_evidence(self._evidence, full=True))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "deploy" and not self._passed:
            return False
        return super().check_action(action, parameters)

    def action_deploy(self) -> None:
        self.dismiss(None)
        self.app.post_message(DeployAsked(*self._ref))
