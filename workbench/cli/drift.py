"""`workbench drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.exports import outcome_json, outcome_lines
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_INCOMPLETE, UsageError
from workbench.units import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.actions.releasing.drifting import Report
    from workbench.exchange.drift import Finding


@command("drift", example="workbench drift mlflow")
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--repair", is_flag=True, help="Send ours again; pointers go to what is live.")
@click.option("--take", is_flag=True, help="Make a draft of theirs; none is overwritten.")
def drift_command(context: CommandContext, target: str | None, repair: bool, take: bool) -> int:
    """Find what somebody changed in the targets that versions were sent to.

    Without options nothing is written. The exit code is 0 where nothing differs, 1 where something
    does, 4 where a target cannot be reached.
    """
    from workbench.actions.releasing import drifting
    from workbench.exchange.drift import texts

    if repair and take:
        raise UsageError("ours or theirs: --repair and --take go apart")
    session = context.session()
    reports = drifting.drift(session, target or "")
    lines = [line for one in reports for line in (*texts(one.findings, one.target), *_errors(one))]
    outcomes = [done for one in reports if repair for done in drifting.repair(session, one)]
    drafts = [path for one in reports if take for path in drifting.take(session, one)]
    left = drifting.drift(session, target or "") if outcomes else reports
    values: dict[str, Any] = {
        "drift": any(one.findings for one in left),
        "targets": [_report_json(one) for one in reports],
        "repaired": [outcome_json(outcome) for outcome in outcomes],
        "drafts": [str(path) for path in drafts],
    }
    lines += outcome_lines(outcomes)
    lines += [f"made the draft {path}" for path in drafts]
    context.answer(values, [*(lines or _nothing_found(reports)), *_not_compared(reports)])
    return _exit_code(left, failed=any(outcome.error for outcome in outcomes))


def _nothing_found(reports: Sequence[Report]) -> list[str]:
    compared = [one.compared for one in reports if one.compared]
    if not compared:
        return [] if reports else ["nothing was sent to any target yet"]
    things = "version or pointer" if sum(compared) == 1 else "versions and pointers"
    targets = plural(len(compared), "target")
    return [f"no drift: {sum(compared):,} {things} compared in {targets}"]


def _not_compared(reports: Sequence[Report]) -> list[str]:
    return [
        f"{one.target} cannot say what it has: nothing was compared"
        if one.is_blind
        else f"nothing was sent to {one.target} yet"
        for one in reports
        if not one.compared and not one.error
    ]


def _errors(report: Report) -> list[str]:
    return [f"{report.target} was not checked: {report.error}"] if report.error else []


def _exit_code(reports: Sequence[Report], *, failed: bool) -> int:
    errors = [one.error.exit_code for one in reports if one.error]
    if errors:
        return EXIT_INCOMPLETE if EXIT_INCOMPLETE in errors else errors[0]
    if failed:
        return EXIT_INCOMPLETE
    return EXIT_GATE_FAILED if any(one.findings for one in reports) else EXIT_DONE


def _report_json(report: Report) -> dict[str, Any]:
    return {
        "target": report.target,
        "checked": report.checked,
        "compared": report.compared,
        "error": str(report.error) if report.error else None,
        "findings": [_finding_json(report.target, finding) for finding in report.findings],
    }


def _finding_json(target: str, finding: Finding) -> dict[str, Any]:
    from workbench.exchange.drift import in_words

    return {
        "kind": finding.drift.value,
        "prompt_id": finding.prompt_id,
        "version": finding.version or None,
        "environment": finding.environment or None,
        "ours": finding.ours or None,
        "theirs": finding.theirs or None,
        "changed": list(finding.changed),
        "diff": list(finding.diff),
        "says": in_words(target, finding),
    }
