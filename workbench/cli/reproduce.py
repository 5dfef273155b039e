"""`workbench reproduce` and `workbench canary`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.confirm import confirm, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.param_types import Dollars
from workbench.cli.progress import Follower
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_NO_DECISION
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.proving.asking import Asked
    from workbench.actions.proving.recorded import Recorded
    from workbench.actions.proving.reproduce import Reproduction
    from workbench.verdicts.values import Comparison


@command("reproduce", example="workbench reproduce support_triage@production --from-cache")
@click.argument("ref", metavar="EVALUATION|PROMPT@VERSION")
@click.option("--suite", "-s", help="Of the prompt's suites: default, the newest evaluation.")
@click.option("--from-cache", is_flag=True, help="Take stored answers where there are any.")
@click.option("--budget", type=Dollars(), help="Stop before it costs more, in US dollars.")
@yes_option
def reproduce_command(
    context: CommandContext,
    ref: str,
    suite: str | None,
    from_cache: bool,
    budget: float | None,
    yes: bool,
) -> int:
    """Run an evaluation again from what was kept, and compare.

    It asks the candidate: the same prompt, cases, order, model and parameters. The baseline's
    scores are the recorded ones. Exit code 0: the same answers, or others with the same verdict;
    1: another verdict; 4: something is not to be had any more, which is said before any call.
    """
    from workbench.actions.proving.reproduce import Degree, reproduce

    session = context.session()
    with Follower(context) as follower:
        done = reproduce(
            session,
            ref,
            suite_name=suite,
            from_cache=from_cache,
            budget_usd=budget,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    context.answer(
        {
            **_values(done.recorded, done.asked, done.comparisons),
            "degree": done.degree.value,
            "gate": done.evidence.gate.value,
            "gate_now": done.decision.gate.value,
            "from_cache": from_cache,
        },
        _reproduction_lines(done),
    )
    return EXIT_GATE_FAILED if done.degree is Degree.OTHER_VERDICT else EXIT_DONE


@command("canary", example="workbench canary support_triage --sample 50")
@click.argument("suite")
@click.argument("environment", default="production")
@click.option(
    "--sample", type=click.IntRange(1), default=50, show_default=True, help="Cases to ask."
)
@yes_option
def canary_command(
    context: CommandContext, suite: str, environment: str, sample: int, yes: bool
) -> int:
    """Ask a sample again: did the provider change?

    For cron or CI. Exit code 0: unchanged; 1: changed; 3: not enough data; 4: not to be had.
    """
    from workbench.actions.proving.canary import Change, canary

    session = context.session()
    with Follower(context) as follower:
        done = canary(
            session,
            suite,
            environment,
            sample=sample,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    name = done.recorded.source.name
    context.answer(
        {
            **_values(done.recorded, done.asked, done.comparisons),
            "change": done.change.value,
            "reason": done.reason,
            "environment": environment,
            "marked": done.marked,
        },
        [
            f"{name} in {environment}, judged {done.recorded.record.recorded_at[:10]}:"
            f" {done.change.value}, {done.reason}",
            *([done.marked] if done.marked else []),
            *_lines(done.recorded, done.asked, done.comparisons),
        ],
    )
    codes = {Change.UNCHANGED: EXIT_DONE, Change.CHANGED: EXIT_GATE_FAILED}
    return codes.get(done.change, EXIT_NO_DECISION)


def _values(recorded: Recorded, asked: Asked, comparisons: Sequence[Comparison]) -> dict[str, Any]:
    evidence = recorded.record.evidence
    return {
        "evaluation": recorded.record.id,
        "prompt_id": evidence.prompt_id,
        "version": evidence.version,
        "suite": evidence.suite,
        "run": asked.summary.run_id,
        "cases": asked.cases,
        "same_answers": asked.same_answers,
        "differences": [
            {"what": item.what, "before": item.before, "now": item.now}
            for item in asked.differences
        ],
        "changes": list(map(str, recorded.changes)),
        "notes": list(asked.notes),
        "scorers": {
            comparison.scorer: {
                "before": comparison.score_a,
                "now": comparison.score_b,
                "difference": comparison.difference,
                "low": comparison.low,
                "high": comparison.high,
                "verdict": comparison.verdict.value,
            }
            for comparison in comparisons
        },
    }


def _reproduction_lines(done: Reproduction) -> Iterator[str]:
    from workbench.actions.proving.reproduce import Degree

    evidence = done.evidence
    gate, now = (value.value.replace("_", " ") for value in (evidence.gate, done.decision.gate))
    words = {
        Degree.SAME_ANSWERS: "the same answers",
        Degree.SAME_VERDICT: f"other answers, the same verdict: {gate}",
        Degree.OTHER_VERDICT: f"another verdict: {gate} -> {now}",
    }
    yield (
        f"{done.recorded.source.name} on {evidence.suite}, evaluation {done.recorded.record.id}:"
        f" {words[done.degree]}"
    )
    if done.degree is Degree.OTHER_VERDICT:
        for before, after in zip(evidence.comparisons, done.decision.comparisons, strict=True):
            if before.verdict is not after.verdict:
                verdicts = f"{before.verdict.value} -> {after.verdict.value}".replace("_", " ")
                yield f"{before.scorer}: {verdicts}"
    yield from _lines(done.recorded, done.asked, done.comparisons)


def _lines(recorded: Recorded, asked: Asked, comparisons: Sequence[Comparison]) -> Iterator[str]:
    if asked.same_answers is None:
        yield "its record does not say which answers were given: scores are compared"
    else:
        yield f"{asked.same_answers:,} of {numbers.plural(asked.cases, 'answer')} are the same"
    for comparison in comparisons:
        interval = ""
        if comparison.low is not None and comparison.high is not None:
            low, high = (numbers.points(value) for value in (comparison.low, comparison.high))
            interval = (
                f", difference {numbers.points(comparison.difference)} [{low}, {high}] points"
            )
        before, now = (numbers.score(value) for value in (comparison.score_a, comparison.score_b))
        yield f"{comparison.scorer}: {before} then, {now} now{interval}"
    yield from map(str, asked.differences)
    yield from (f"{change}; what was judged then was asked" for change in recorded.changes)
    yield from asked.notes
