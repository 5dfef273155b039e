"""Start a run: which suite, which cases, how many, and what it will take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from workbench.actions.preflight import Preflight, preflight_runs
from workbench.actions.refs import Source, resolve
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.present.safe_text import safe_line
from workbench.runs.spec.suite import DEV_SPLIT, Suite
from workbench.runs.spec.values import RunSpec
from workbench.tui.base.dialog import Dialog, field, open_with
from workbench.tui.dialogs.ask_calls import estimate_line, reason_to_ask
from workbench.tui.widgets.text import PlainStatic
from workbench.units import dollars

if TYPE_CHECKING:
    from workbench.runs.engine.estimate import Estimate
    from workbench.tui.context.app_context import AppContext

ESTIMATE_S = 0.25


@dataclass(frozen=True)
class Offer:
    """What can be run: a prompt, and the suites that try it."""

    source: Source
    suites: tuple[Suite, ...]

    def suite(self, name: str) -> Suite:
        """Raises UsageError for an unknown name."""
        for suite in self.suites:
            if suite.name == name:
                return suite
        names = ", ".join(suite.name for suite in self.suites)
        raise UsageError(f"no suite {name!r} tries it", hint=f"one of: {names}")


@dataclass(frozen=True)
class Ahead:
    """The values of the fields, and what a run with them would take."""

    values: tuple[str, ...]
    spec: RunSpec
    preflight: Preflight


def open_run_options(app: AppContext, ref: str) -> None:
    """Read the prompt and its suites, then ask."""

    def read(session: Session) -> Offer:
        source = resolve(session, ref if "@" in ref else f"{ref}@draft")
        suites = session.workspace.suites_of(source.prompt.prompt_id)
        if not suites:
            name = source.prompt.prompt_id
            raise UsageError(f"no suite tries {name}", hint=f"write evals/{name}/suite.yaml")
        return Offer(source, suites)

    open_with(app, read, RunOptions)


class RunOptions(Dialog[None]):
    """Enter goes through the fields; ctrl+s starts it."""

    first_field = "#yes"

    def __init__(self, offer: Offer) -> None:
        super().__init__(f"Run {offer.source.name} · ^s starts it", "Run")
        self._offer = offer
        self._timer: Timer | None = None
        self._ahead: Ahead | None = None
        self._starts_then = False
        """Start was confirmed and waits for the estimate."""
        self._warned_of: tuple[str, ...] = ()

    def body(self) -> Iterable[Widget]:
        suite = self._offer.suites[0]
        wanted = self.app.selection.suite
        for offered in self._offer.suites:
            if offered.name == wanted:
                suite = offered
        names = " ".join(item.name for item in self._offer.suites)
        splits = " ".join((*suite.dataset.splits, "all"))
        first = DEV_SPLIT if DEV_SPLIT in suite.dataset.splits else "all"
        yield PlainStatic(f"suites: {names} · splits: {splits}")
        yield from field("suite", "suite", suite.name, hint=names)
        yield from field("split", "split", first)
        yield from field("limit", "the first", hint="all of them; 5 is a dry run")
        yield from field("repeats", "repeats", str(suite.run.repeats))
        yield from field("concurrency", "at a time", str(suite.run.concurrency))
        budget = "" if suite.run.budget_usd is None else f"{suite.run.budget_usd:g}"
        yield from field("budget", "budget in USD", budget, hint="none")
        yield from field("fresh", "ask again (y/n)", "n", hint="n takes known answers")
        yield PlainStatic(id="estimate")

    def on_mount(self) -> None:
        self._estimate()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(ESTIMATE_S, self._estimate)

    def spec(self) -> RunSpec:
        """What the fields say. Raises UsageError and what `make_spec` raises."""
        values = {item.id: item.value.strip() for item in self.query(Input)}
        suite = self._offer.suite(values["suite"])
        try:
            budget = dollars(values["budget"]) if values["budget"] else None
        except ValueError as error:
            raise UsageError(str(error)) from error
        return running.make_spec(
            self._offer.source,
            suite,
            split=values["split"] or None,
            limit=_number(values["limit"], "the first"),
            repeats=_number(values["repeats"], "repeats"),
            concurrency=_number(values["concurrency"], "at a time"),
            budget_usd=budget,
            fresh=values["fresh"].lower() in ("y", "yes"),
        )

    def _estimate(self) -> None:
        if self._ahead and self._ahead.values == self._values():
            return
        try:
            spec = self.spec()
        except WorkbenchError as error:
            self._ahead = None
            self.problem(str(error))
            return
        values = self._values()
        self.problem("")
        self.app.in_thread(
            lambda session: preflight_runs(session, [spec]),
            done=lambda preflight: self._show(Ahead(values, spec, preflight)),
            failed=self._not_estimated,
            group="estimate",
        )

    def _values(self) -> tuple[str, ...]:
        return tuple(item.value.strip() for item in self.query(Input))

    def _not_estimated(self, error: WorkbenchError) -> None:
        self._starts_then = False
        self.refused(error)

    def _show(self, ahead: Ahead) -> None:
        if not self.is_open:
            return
        self._ahead = ahead
        limit = self.app.workspace.settings.confirm_above_usd
        uses_gate_cases = running.needs_confirmation(ahead.spec.suite, ahead.spec.split)
        lines = estimate_lines(
            ahead.preflight.estimate,
            reason_to_ask(ahead.preflight, limit),
            uses_gate_cases=uses_gate_cases,
        )
        self.query_one("#estimate", PlainStatic).show(Content("\n").join(lines))
        if self._starts_then:
            self.confirm()

    def confirm(self) -> None:
        """Start the run once its estimate is known; an expensive one is confirmed twice."""
        ahead = self._ahead
        if ahead is None or ahead.values != self._values():
            self._starts_then = True
            self._estimate()
            return
        self._starts_then = False
        if ahead.preflight.needs_confirmation and self._warned_of != ahead.values:
            self._warned_of = ahead.values
            limit = self.app.workspace.settings.confirm_above_usd
            self.problem(f"{reason_to_ask(ahead.preflight, limit)}: once more starts it")
            self.await_rest()
            return
        app = self.app
        app.select(suite=ahead.spec.suite.name)
        self.dismiss(None)
        app.runs.start(ahead.spec, self._offer.source.name)
        app.open_run()


def estimate_lines(estimate: Estimate, warning: str, *, uses_gate_cases: bool) -> list[Content]:
    """The estimate and its warnings; `uses_gate_cases`: the run uses the gate's own cases."""
    lines = [Content(safe_line(estimate_line(estimate)))]
    if warning:
        lines.append(Content.styled(safe_line(warning), "$text-warning"))
    if uses_gate_cases:
        note = "these cases decide the gate; looking at them wears them out"
        lines.append(Content.styled(note, "$text-warning"))
    return lines


def _number(text: str, what: str) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"{what}: a whole number, not {text!r}")
    return int(text)
