"""`workbench bisect`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.confirm import confirm, confirm_cost, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.progress import Follower
from workbench.errors import EXIT_DONE, EXIT_NO_DECISION
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.comparing.bisect import Bisected, BisectPlan
    from workbench.verdicts.bisection.hunks import Hunk


@command("bisect", example="workbench bisect support_triage@production support_triage")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--suite", "-s", help="Default: the prompt's first suite.")
@click.option("--split", help="dev (default), gate, all, or your own.")
@click.option("--one-by-one", is_flag=True, help="Try each edit alone instead of by halves.")
@yes_option
def bisect_command(
    context: CommandContext,
    a: str,
    b: str,
    suite: str | None,
    split: str | None,
    one_by_one: bool,
    yes: bool,
) -> int:
    """Find the edit between A and B that breaks what B breaks.

    Only the broken cases run again, with some of the edits applied. Exit code 3 when no edit can
    be named.
    """
    from workbench.actions.comparing.bisect import bisect

    session = context.session()

    def on_plan(plan: BisectPlan) -> None:
        cost = numbers.money(plan.usd)
        context.note(
            f"{numbers.plural(len(plan.compared.headline.broke), 'broken case')}, "
            f"{numbers.plural(len(plan.hunks), 'edit')}: about {plan.trials} trials, "
            f"{numbers.plural(plan.calls, 'call')}, {cost}"
        )
        if plan.cost and not yes:
            confirm_cost(context, session, plan.cost)

    with Follower(context) as follower:
        bisected = bisect(
            session,
            a,
            b,
            suite,
            split=split,
            halves=not one_by_one,
            on_plan=on_plan,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    _answer(context, bisected)
    return (
        EXIT_DONE
        if bisected.guilty or not bisected.plan.compared.headline.broke
        else EXIT_NO_DECISION
    )


def _answer(context: CommandContext, bisected: Bisected) -> None:
    headline = bisected.plan.compared.headline
    lines = []
    for hunk in bisected.guilty:
        place = f"{hunk.where}, line {hunk.line}" if hunk.line else hunk.where
        lines.append(f"{place}: this edit breaks it")
        lines += [f"- {line}" for line in hunk.old.splitlines()]
        lines += [f"+ {line}" for line in hunk.new.splitlines()]
    if bisected.result.note:
        lines.append(bisected.result.note)
    values = {
        "broke": len(headline.broke),
        "broke_ids": list(headline.broke),
        "edits": len(bisected.plan.hunks),
        "trials": bisected.result.calls,
        "guilty": [_json(hunk) for hunk in bisected.guilty],
        "note": bisected.result.note,
        "run_a": bisected.plan.compared.a.summary.run_id,
        "run_b": bisected.plan.compared.b.summary.run_id,
    }
    context.answer(values, lines)


def _json(hunk: Hunk) -> dict[str, object]:
    return {
        "where": hunk.where,
        "line": hunk.line,
        "removed": hunk.old.splitlines(),
        "added": hunk.new.splitlines(),
    }
