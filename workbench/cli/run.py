"""`workbench run`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli import interrupts
from workbench.cli.confirm import confirm
from workbench.cli.context import CommandContext, command
from workbench.cli.param_types import Dollars, models_option
from workbench.cli.progress import Follower
from workbench.cli.resume import check_flags, resume_spec
from workbench.cli.run_batch import next_step, send
from workbench.cli.run_measures import measure_lines, measure_values
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE, EXIT_INTERRUPTED, UsageError
from workbench.present import numbers
from workbench.present.run_remarks import latencies, remarks
from workbench.runs.spec.environment import IMPORTED

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.providers.base import Outcome
    from workbench.runs.spec.repeats import Steadiness
    from workbench.runs.spec.values import RunSpec, RunSummary


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that select what to run, shared by `run` and `estimate`."""
    for option in reversed(
        [
            click.option("--prompt", "ref", metavar="REF", help="Default: the suite's draft."),
            models_option,
            click.option("--split", help="dev (default), gate, all, or your own."),
            click.option("--limit", type=click.IntRange(1), help="Only the first N cases."),
            click.option("--repeats", type=click.IntRange(1, 100), help="Answers a case."),
            click.option("--concurrency", type=click.IntRange(1, 1000), help="Calls at a time."),
            click.option("--budget", type=Dollars(), metavar="USD", help="Stop at this cost."),
            click.option("--fresh", is_flag=True, help="Ignore stored answers."),
        ]
    ):
        function = option(function)
    return function


def specs_of(
    session: Session, suite_name: str, options: dict[str, Any]
) -> list[tuple[RunSpec, str]]:
    """The specification of a run on each model, and its display name."""
    from workbench.actions.refs import on_models, resolve
    from workbench.actions.running.run import make_spec
    from workbench.actions.running.streamed import whole_if_needed

    limit, split = options["limit"], options["split"]
    suite = session.workspace.suite(
        suite_name, limit=limit, split=split, streamed=not options.get("batch")
    )
    source = resolve(session, options["ref"] or suite.prompt_id)
    sources = on_models(session, source, options["models"]) if options["models"] else [source]
    if limit is None:
        suite = whole_if_needed(session, suite, [one.prompt for one in sources])
    return [
        (
            make_spec(
                one,
                suite,
                split=options["split"],
                limit=options["limit"],
                repeats=options["repeats"],
                concurrency=options["concurrency"],
                budget_usd=options["budget"],
                fresh=options["fresh"],
            ),
            one.name,
        )
        for one in sources
    ]


@command("run", example="workbench run support_triage --prompt support_triage@1.2.0 --split dev")
@click.argument("suite", required=False)
@run_options
@click.option("--resume", metavar="RUN", help="Go on with a run: what is missing or failed.")
@click.option("--batch", is_flag=True, help="Send a batch at half price and leave.")
@click.option("--attach", metavar="RUN", help="Come back to a batch: store what it answered.")
@click.option(
    "--yes", is_flag=True, help="Do not ask before an expensive run or one on the gate set."
)
def run_command(
    context: CommandContext,
    suite: str | None,
    resume: str | None,
    batch: bool,
    attach: str | None,
    yes: bool,
    **options: Any,
) -> int:
    """Run a prompt on a SUITE and store every answer.

    Without --prompt it runs the draft, and with --model A,B that on each of these models. Ctrl+C
    stops: calls under way may finish, nothing is lost, and --resume goes on. Ctrl+C twice aborts
    the calls.
    """
    from workbench.actions.running import run as running
    from workbench.actions.running.run_measures import measures_of

    if [bool(suite), bool(resume), bool(attach)].count(True) != 1:
        raise click.UsageError("give a SUITE, or --resume RUN, or --attach RUN")
    session = context.session()
    spec, name = None, ""
    if suite:
        planned = specs_of(session, suite, {**options, "batch": batch})
        _confirm(context, session, [one for one, _ in planned], options["split"], yes)
        if len(planned) > 1:
            return _run_each(context, session, planned, batch)
        ((spec, name),) = planned
    else:
        check_flags("--resume" if resume else "--attach", {**options, "batch": batch})
    if resume:
        spec, name = resume_spec(context, session, resume, options, yes)
    if spec is None:
        summary = running.attach(session, str(attach))
    elif batch:
        summary = send(context, session, spec, name)
    else:
        with Follower(context) as follower:
            live = running.start(session, spec, resume=resume)
            follower.on_run(live, name)
            summary = live.wait()
    steady = running.steadiness_of(session, summary)
    outcomes = running.outcomes_of(session, summary)
    under_way = session.store.batch_of(summary.run_id)
    lines = lines_of(summary, under_way)
    if steady:
        lines.insert(2, steady_line(steady))
    lines[2:2] = outcome_lines(outcomes)
    notes = [*(spec.notes if spec else ()), *remarks(summary.environment)]
    measures = measures_of(session, summary)
    measured = measure_lines(measures, summary.scorer)
    last = len(lines) - (exit_code(summary) == EXIT_INCOMPLETE)
    lines[last:last] = [*(f"note: {note}" for note in notes), *measured]
    more_values = {
        **measure_values(measures),
        "batch": under_way or None,
        "notes": notes,
        "outcomes": {outcome.value: count for outcome, count in outcomes.items()},
        "steadiness": steady_json(steady),
    }
    context.answer({**as_json(summary), **more_values}, lines)
    return EXIT_DONE if batch and under_way else exit_code(summary)


def _run_each(
    context: CommandContext, session: Session, planned: list[tuple[RunSpec, str]], batch: bool
) -> int:
    """One run after another; a budget holds for each. The exit code is the worst one."""
    from workbench.actions.running import run as running

    if batch:
        raise UsageError("a batch is of one model", hint="run --batch once for each --model")
    summaries = []
    with Follower(context) as follower:
        for spec, name in planned:
            live = running.start(session, spec)
            follower.on_run(live, name)
            summaries.append(live.wait())
            if exit_code(summaries[-1]) == EXIT_INTERRUPTED:
                break
    runs = [as_json(summary) for summary in summaries]
    context.answer({**runs[0], "runs": runs}, [line for s in summaries for line in lines_of(s)])
    return max(map(exit_code, summaries))


def _confirm(
    context: CommandContext,
    session: Session,
    specs: Sequence[RunSpec],
    split: str | None,
    yes: bool,
) -> None:
    """Ask before runs that cost much or use the gate set. Raises UsageError if declined."""
    from workbench.actions.running import run as running
    from workbench.actions.running.costs import PlannedRun

    if not yes and running.needs_confirmation(specs[0].suite, split):
        question = "This looks at the gate set outside of an evaluation, which wears it out. Run?"
        if not context.agree(question):
            raise UsageError("not run: the split gate is for evaluations", hint="or give --yes")
    confirm(
        context, session, [PlannedRun(spec) for spec in specs], yes, hint="--yes, or --budget USD"
    )


def as_json(summary: RunSummary) -> dict[str, Any]:
    """The JSON keys of a run."""
    return {
        "run_id": summary.run_id,
        "status": summary.status.value,
        "prompt_id": summary.prompt_id,
        "fingerprint": summary.fingerprint,
        "label": summary.label,
        "suite": summary.suite,
        "split": summary.split,
        "scorer": summary.scorer,
        "cases": summary.cases,
        "repeats": summary.repeats,
        "scored": summary.scored,
        "errors": summary.errors,
        "score": summary.score,
        "calls": summary.calls,
        "cached": summary.cached,
        "cost_usd": summary.cost_usd,
        "judge_calls": summary.judge_calls,
        "judge_cached": summary.judge_cached,
        "judge_cost_usd": summary.judge_cost_usd,
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "seconds": summary.seconds,
        "model": summary.model,
        "created_at": summary.created_at,
        "reason": summary.reason,
    }


def lines_of(summary: RunSummary, batch: str = "") -> list[str]:
    """A run as text lines; `batch` is the id of its batch under way."""
    head = f"{summary.run_id}  {summary.status.value}"
    if summary.reason:
        head += f": {summary.reason}"
    score = f"{summary.scorer} {numbers.score(summary.score)}"
    lines = [
        head,
        f"{summary.prompt_id} ({summary.label}) on {summary.suite}, {summary.split}: {score}  "
        f"{numbers.count(summary.scored)} of {numbers.count(summary.cases * summary.repeats)}"
        f" scored, {numbers.plural(summary.errors, 'error')}",
        f"{numbers.plural(summary.calls, 'call')}, {numbers.count(summary.cached)} cached, "
        f"{numbers.money(summary.cost_usd)}, {numbers.seconds(summary.seconds)}",
    ]
    judged = judge_line(summary)
    if judged:
        lines.append(judged)
    took = latencies(summary.environment)
    if took:
        lines[2] += f"  ({took})"
    if exit_code(summary) == EXIT_INCOMPLETE and IMPORTED not in summary.environment:
        lines.append(next_step(summary.run_id, batch))
    return lines


def judge_line(summary: RunSummary) -> str:
    """What judges took, which the line above leaves out; empty where none was asked."""
    if not summary.judge_calls and not summary.judge_cached:
        return ""
    return (
        f"judges and embeddings: {numbers.plural(summary.judge_calls, 'call')},"
        f" {numbers.count(summary.judge_cached)} cached, {numbers.money(summary.judge_cost_usd)}"
    )


def outcome_lines(outcomes: Mapping[Outcome, int]) -> list[str]:
    """The counts of outcomes other than ok; empty if all are ok."""
    others = {o: count for o, count in outcomes.items() if o.value != "ok"}
    counts = ", ".join(
        f"{numbers.count(count)} {o.value.replace('_', ' ')}" for o, count in others.items()
    )
    return [f"not ok: {counts}"] if counts else []


def steady_json(steady: Steadiness | None) -> dict[str, Any] | None:
    """The consistency over repeats as JSON values; None without repeats."""
    if steady is None:
        return None
    return {
        "repeats": steady.repeats,
        "cases": steady.cases,
        "pass_all": {str(k): share for k, share in steady.pass_all.items()},
        "flaky": len(steady.flaky),
        "flaky_ids": list(steady.flaky),
        "spread": steady.spread,
    }


def steady_line(steady: Steadiness) -> str:
    """pass^k, flaky cases and spread in one line."""
    all_pass = numbers.score(steady.pass_all.get(steady.repeats))
    spread = "" if steady.spread is None else f", spread {100 * steady.spread:.1f} pts"
    return (
        f"{steady.repeats} repeats: pass^{steady.repeats} {all_pass}, {len(steady.flaky)} of "
        f"{numbers.plural(steady.cases, 'case')} flaky{spread}"
    )


def exit_code(summary: RunSummary) -> int:
    """0 complete, 4 incomplete, 130 stopped by the user."""
    from workbench.runs.spec.values import RunStatus

    if summary.status is RunStatus.COMPLETE:
        return EXIT_DONE
    stopped = interrupts.count() or summary.status is RunStatus.CANCELLED
    return EXIT_INTERRUPTED if stopped else EXIT_INCOMPLETE
