"""`workbench suite`: whether a suite deserves trust."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.confirm import confirm, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.progress import Follower
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.actions.proving.mutate import Noticed
    from workbench.actions.proving.suite_check import Finding
    from workbench.actions.running.costs import PlannedRun
    from workbench.actions.session import Session


@click.group("suite")
def suite_command() -> None:
    """Look at suites."""


@command("check", example="workbench suite check support_triage --mutate --yes")
@click.argument("suite")
@click.option("--mutate", is_flag=True, help="Break the prompt, and see what is noticed: calls.")
@click.option("--prompt", "ref", metavar="REF", help="With --mutate; default: the draft.")
@click.option("--split", help="With --mutate; default: dev.")
@yes_option
def check_command(
    context: CommandContext,
    suite: str,
    mutate: bool,
    ref: str | None,
    split: str | None,
    yes: bool,
) -> int:
    """Say whether a SUITE deserves trust.

    It looks for copies, leaks, unequal labels, and cases and scorers that tell nothing, reads the
    stored runs, and calls nobody. With --mutate the prompt is broken in planned ways (an example or
    a line dropped, two labels swapped, half of it cut off), each is run on the split, after the
    cost was confirmed, and what the gate would have let through is named. Exit code 0: no problem;
    1: a problem, or a breakage that goes unnoticed.
    """
    from workbench.actions.proving.suite_check import check_suite
    from workbench.actions.workspace.checks import Level
    from workbench.cli.estimate import flip_rate_of

    if (ref or split) and not mutate:
        raise click.UsageError("--prompt and --split go with --mutate")
    session = context.session()
    checked = session.workspace.suite(suite)
    findings = check_suite(session, checked, flip_rate_of(session, checked))
    noticed: tuple[Noticed, ...] = ()
    if mutate:
        from workbench.actions.proving.mutate import mutate as break_prompt
        from workbench.actions.refs import resolve

        source = resolve(session, ref or checked.prompt_id)
        with Follower(context) as follower:
            noticed = break_prompt(
                session,
                source,
                checked,
                split,
                on_planned=lambda runs: _agree(context, session, runs, yes),
                on_run=follower.on_run,
            )
    values: dict[str, Any] = {
        "suite": checked.name,
        "cases": len(checked.dataset.cases),
        "findings": [
            {"kind": one.kind, "level": one.level.value, "text": one.text, "cases": list(one.cases)}
            for one in findings
        ],
    }
    if mutate:
        values["mutants"] = [_mutant_values(one) for one in noticed]
    context.answer(values, [*_lines_of(findings), *_mutant_lines(noticed)])
    wrong = any(one.level is Level.PROBLEM for one in findings)
    return EXIT_GATE_FAILED if wrong or any(not one.is_noticed for one in noticed) else EXIT_DONE


def _agree(
    context: CommandContext, session: Session, runs: Sequence[PlannedRun], yes: bool
) -> None:
    """Say what the broken prompts will take, and ask where it costs something."""
    from workbench.actions.running.run import estimate
    from workbench.present import numbers
    from workbench.runs.engine.estimate import total

    needed = total(estimate(session, run.spec) for run in runs)
    calls, money = numbers.plural(needed.calls, "call"), numbers.money(needed.usd)
    context.note(f"{numbers.plural(len(runs), 'run')}: {calls}, {money}")
    confirm(context, session, runs, yes)


def _lines_of(findings: tuple[Finding, ...]) -> list[str]:
    lines = [f"{one.level.value:<9}{safe_line(one.text)}" for one in findings]
    return lines or ["nothing to worry about"]


def _mutant_values(one: Noticed) -> dict[str, Any]:
    return {
        "kind": one.mutant.kind,
        "what": one.mutant.what,
        "noticed": one.is_noticed,
        "gate": one.gate.value,
        "difference": one.comparison.difference,
        "low": one.comparison.low,
        "high": one.comparison.high,
        "broke": len(one.comparison.broke),
        "cases": one.comparison.cases,
    }


def _mutant_lines(noticed: tuple[Noticed, ...]) -> list[str]:
    from workbench.present import numbers

    lines = []
    for one in noticed:
        word = "noticed" if one.is_noticed else "MISSED"
        comparison = one.comparison
        bounds = f"[{numbers.points(comparison.low)}, {numbers.points(comparison.high)}]"
        shown = f"{numbers.points(comparison.difference)} pts {bounds}"
        lines.append(f"{word:<9}{safe_line(one.mutant.what)}: {shown}")
    if noticed:
        seen = sum(one.is_noticed for one in noticed)
        lines.append(f"{seen} of {len(noticed)} breakages are noticed")
    return lines


suite_command.add_command(check_command)
