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
from workbench.actions.refs import Source, on_models, resolve
from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.errors import UsageError, WorkbenchError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.runs.spec.suite import DEV_SPLIT, Suite
from workbench.runs.spec.values import RunSpec
from workbench.tui.base.dialog import field, labelled, open_with
from workbench.tui.base.kept_dialog import KeptDialog
from workbench.tui.dialogs.ask_calls import estimate_line, reason_to_ask
from workbench.tui.services.model_names import LastName, known_models
from workbench.tui.widgets.controls import Choice, Option, Tick
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
    models: tuple[str, ...] = ()
    """Names of models to complete."""

    def suite(self, name: str) -> Suite:
        """One of the suites by its name."""
        return next(suite for suite in self.suites if suite.name == name)


@dataclass(frozen=True)
class Ahead:
    """The values of the fields, and what a run with them would take."""

    values: tuple[str, ...]
    runs: tuple[tuple[RunSpec, str], ...]
    """A run on each model, with its display name."""
    preflight: Preflight


def open_run_options(app: AppContext, ref: str) -> None:
    """Read the prompt and its suites, then ask."""

    def read(session: Session) -> Offer:
        source = resolve(session, ref if "@" in ref else f"{ref}@draft")
        suites = session.workspace.suites_of(source.prompt.prompt_id)
        return Offer(source, suites, known_models(session))

    def make(offer: Offer) -> RunOptions | None:
        if offer.suites:
            return RunOptions(offer)
        app.tell(f"no suite tries {offer.source.prompt.prompt_id} yet: paste its cases")
        app.action_new_suite(runs=True)
        return None

    open_with(app, read, make)


class RunOptions(KeptDialog[None]):
    """Enter on the button, which has the focus first, starts it; in a field it goes on to the next
    one. Labels are those of `workbench run`.
    """

    kept_as = "run"
    first_field = "#yes"

    def __init__(self, offer: Offer) -> None:
        super().__init__(f"Run {offer.source.name} · ^s starts it", "Run", about=offer.source.name)
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
        own = self._offer.source.prompt.model
        names = LastName(self._offer.models)
        yield from field(
            "models", "model", hint=own.id if own else "", suggester=names, unit="A,B: several"
        )
        suites = [Option(item.name) for item in self._offer.suites]
        yield labelled("suite", Choice(suites, suite.name, id="suite"))
        yield labelled("split", Choice(split_options(suite), DEV_SPLIT, id="split"))
        yield from field("limit", "limit", hint="all", unit="cases", number="integer")
        repeats, at_once = str(suite.run.repeats), str(suite.run.concurrency)
        yield from field(
            "repeats", "repeats", repeats, unit="answers to each case", number="integer"
        )
        yield from field(
            "concurrency", "concurrency", at_once, unit="calls at once", number="integer"
        )
        budget = "" if suite.run.budget_usd is None else f"{suite.run.budget_usd:g}"
        yield from field(
            "budget", "budget", budget, hint="none", unit="US dollars", number="number"
        )
        yield labelled("no cache", Tick("ask again what is known already", id="fresh"))
        yield PlainStatic(id="estimate")

    def on_mount(self) -> None:
        self._estimate()

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._estimate_soon()

    def on_tick_changed(self, message: Tick.Changed) -> None:
        message.stop()
        self._estimate_soon()

    def on_choice_changed(self, message: Choice.Changed) -> None:
        message.stop()
        if message.choice.id == "suite":
            suite = self._offer.suite(message.choice.value)
            self.query_one("#split", Choice).offer(split_options(suite))
        self._estimate_soon()

    def _estimate_soon(self) -> None:
        if self._timer:
            self._timer.stop()
        self._timer = self.set_timer(ESTIMATE_S, self._estimate)

    def runs(self) -> tuple[tuple[RunSpec, str], ...]:
        """What the fields say, on each model. Raises UsageError and what `make_spec` raises."""
        typed = {item.id: item.value.strip() for item in self.query(Input)}
        chosen = {item.id: item.value for item in self.query(Choice)}
        try:
            budget = dollars(typed["budget"]) if typed["budget"] else None
        except ValueError as error:
            raise UsageError(str(error)) from error
        source = self._offer.source
        names = [name.strip() for name in typed["models"].split(",") if name.strip()]
        sources = on_models(Session(self.app.workspace), source, names) if names else [source]
        return tuple(
            (
                running.make_spec(
                    one,
                    self._offer.suite(chosen["suite"]),
                    split=chosen["split"],
                    limit=_number(typed["limit"], "limit"),
                    repeats=_number(typed["repeats"], "repeats"),
                    concurrency=_number(typed["concurrency"], "concurrency"),
                    budget_usd=budget,
                    fresh=self.query_one("#fresh", Tick).value,
                ),
                one.name,
            )
            for one in sources
        )

    def _estimate(self) -> None:
        if self._ahead and self._ahead.values == self._values():
            return
        try:
            runs = self.runs()
        except WorkbenchError as error:
            self._ahead = None
            self.problem(str(error))
            return
        values = self._values()
        self.problem("")
        self.app.in_thread(
            lambda session: preflight_runs(session, [spec for spec, _ in runs]),
            done=lambda preflight: self._show(Ahead(values, runs, preflight)),
            failed=self._not_estimated,
            group="estimate",
        )

    def _values(self) -> tuple[str, ...]:
        texts = [item.value.strip() for item in self.query(Input)]
        chosen = [item.value for item in self.query(Choice)]
        return (*texts, *chosen, str(self.query_one("#fresh", Tick).value))

    def _not_estimated(self, error: WorkbenchError) -> None:
        self._starts_then = False
        self.refused(error)

    def _show(self, ahead: Ahead) -> None:
        if not self.is_open:
            return
        self._ahead = ahead
        limit = self.app.workspace.settings.confirm_above_usd
        uses_gate_cases = running.needs_confirmation(ahead.runs[0][0].suite, ahead.runs[0][0].split)
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
        app.select(suite=ahead.runs[0][0].suite.name)
        self.finish()
        self.dismiss(None)
        app.runs.start_all(ahead.runs)
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


def split_options(suite: Suite) -> list[Option]:
    """The splits of a suite, and all of them together, with their numbers of cases."""
    splits = [*suite.dataset.splits, "all"]
    counts = [len(suite.dataset.only(split).cases) for split in splits]
    return [
        Option(split, f"{split}  {numbers.plural(count, 'case')}")
        for split, count in zip(splits, counts, strict=True)
    ]


def _number(text: str, what: str) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) < 1:
        raise UsageError(f"{what}: a whole number, not {text!r}")
    return int(text)
