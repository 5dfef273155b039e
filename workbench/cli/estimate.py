"""`workbench estimate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.run import run_options, specs_of
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.session import Session
    from workbench.runs.spec.suite import Suite


@command("estimate", example="workbench estimate support_triage --split gate --repeats 3")
@click.argument("suite")
@run_options
def estimate_command(context: CommandContext, suite: str, **options: Any) -> None:
    """Say what a run would take: calls, money, time, cases."""
    from workbench.actions.running import run as running
    from workbench.runs.engine.estimate import total
    from workbench.verdicts.planner import plan_sentence
    from workbench.verdicts.statistics.case_counts import cases_needed

    session = context.session()
    planned = specs_of(session, suite, options)
    spec, name = planned[0][0], " and ".join(name for _, name in planned)
    estimate = total(running.estimate(session, one) for one, _ in planned)
    gate = spec.suite.gate
    flips = flip_rate_of(session, spec.suite)
    needed = None
    if gate.margin:
        needed = cases_needed(gate.margin, flips, confidence=gate.confidence)
    lines = [
        f"{name} on {spec.suite.name}, {spec.split}: {numbers.plural(spec.count, 'case')}",
        f"{numbers.plural(estimate.calls, 'call')}, {numbers.count(estimate.cached)} cached, "
        f"{numbers.money(estimate.usd)}, about {numbers.clock(estimate.seconds)}",
    ]
    if estimate.judge_calls:
        calls = numbers.plural(estimate.judge_calls, "call")
        lines.append(f"judges and embeddings: at most {calls}, {numbers.money(estimate.judge_usd)}")
    if estimate.unsent:
        each = numbers.plural(estimate.unsent, "question")
        lines.append(f"{each} cannot be asked: the template does not fit the case")
    if needed and spec.stream is None:
        gate_cases = len(spec.suite.gate_cases.cases)
        lines.append(
            "gate: "
            + plan_sentence(gate_cases, gate.margin, flip_rate=flips, confidence=gate.confidence)
        )
    values = {
        "calls": estimate.calls,
        "cached": estimate.cached,
        "unsent": estimate.unsent,
        "cost_usd": estimate.usd,
        "judge_calls": estimate.judge_calls,
        "judge_cost_usd": estimate.judge_usd,
        "seconds": estimate.seconds,
        "cases": spec.count,
        "cases_needed": needed,
        "flip_rate": flips,
    }
    context.answer(values, lines)


def flip_rate_of(session: Session, suite: Suite) -> float | None:
    """The share of cases that flipped in the suite's recorded evaluations; None without any."""
    from workbench.verdicts.planner import flip_rate_seen

    if not session.workspace.registry_path.exists():
        return None
    records = session.registry.evaluations(suite.prompt_id, scores=False)
    return flip_rate_seen(
        record.evidence.comparisons[0]
        for record in records
        if record.suite == suite.name and record.evidence.comparisons
    )
