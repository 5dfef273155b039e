"""`workbench judge`: prompts that judge answers, and whether they may be trusted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.confirm import confirm_judging, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.param_types import Dollars
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, UsageError
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.suggestions import did_you_mean

if TYPE_CHECKING:
    from workbench.actions.running.calibrating import Calibrated
    from workbench.runs.engine.direct_judging import Ahead
    from workbench.scorers.judges.judge import Judge
    from workbench.verdicts.judges.calibration import Calibration
    from workbench.verdicts.statistics.agreement import Interval, Matrix

_SHOWN = 5


@click.group("judge")
def judge_command() -> None:
    """Prompts that judge answers."""


@command("new", example="workbench judge new correctness --model gpt-4.1 --provider openai")
@click.argument("template")
@click.option("--name", metavar="NAME", default="", help="Default: that of the template.")
@click.option("--model", metavar="ID", default="", help="Default: the embedded model.")
@click.option("--provider", metavar="NAME", default="", help="That of the model.")
def new_command(
    context: CommandContext, template: str, name: str, model: str, provider: str
) -> None:
    """Write judges/NAME.prompty from a TEMPLATE, to be edited. Nothing is overwritten.

    Templates: correctness (against a reference), faithfulness (to a context), relevance,
    completeness, tone, harmlessness, preference (of two answers).
    """
    from workbench.actions.workspace.new_judge import new_judge
    from workbench.scorers.judges.ready import READY

    name = name or template
    path = new_judge(context.workspace(), template, name, model, provider)
    entry = f"judge: {{prompt: judges/{path.name}, required: false}}"
    context.answer(
        {"path": str(path), "template": template},
        [f"{path}", f"after {READY[template].source}", f"in a suite: {entry}"],
    )


@command("try", example='workbench judge try helpful --suite qa --case c1 --answer "Four."')
@click.argument("judge")
@click.option("--suite", metavar="NAME", required=True, help="The suite that names the judge.")
@click.option("--case", "case_id", metavar="ID", required=True, help="What the answer is to.")
@click.option("--answer", metavar="TEXT", required=True, help="What is judged.")
def try_command(context: CommandContext, judge: str, suite: str, case_id: str, answer: str) -> None:
    """Ask a JUDGE of a suite about one answer, and show what it says."""
    from workbench.actions.running.calibrating import judge_one

    session = context.session()
    checked = session.workspace.suite(suite)
    cases = {case.id: case for case in checked.dataset.cases}
    if case_id not in cases:
        raise UsageError(f"{suite} has no case {case_id!r}", hint=did_you_mean(case_id, cases))
    judged = judge_one(session, checked, judge, cases[case_id], answer)
    score = judged.score
    replies = [reply.text for reply in judged.replies]
    lines = [f"{numbers.score(score.value)}  {safe_line(score.reason)}"]
    lines += [f"  {safe_line(text)}" for text in replies]
    values = {"score": score.value, "reason": score.reason, "replies": replies}
    context.answer({**values, "parts": dict(score.parts)}, lines)


@command("calibrate", example="workbench judge calibrate helpful --suite qa --labels labels.jsonl")
@click.argument("judge")
@click.option("--suite", metavar="NAME", required=True, help="The suite that names the judge.")
@click.option(
    "--labels",
    metavar="FILE|COLUMN",
    default="",
    help="Rows of case, answer, label and rater as JSONL or CSV; or a column of the cases."
    " Default: what was said in `workbench label`.",
)
@click.option("--answers", metavar="COLUMN", default="answer", help="With a column: the answers.")
@click.option("--budget", type=Dollars(), metavar="USD", help="Stop at this cost.")
@yes_option
def calibrate_command(
    context: CommandContext,
    judge: str,
    suite: str,
    labels: str,
    answers: str,
    budget: float | None,
    yes: bool,
) -> int:
    """Compare a JUDGE with people's labels, and record how far they agree.

    A label is pass or fail (also true, false, 1, 0). A quarter of the cases, by a hash of their id,
    is to tune the judge with; the others test it. A judge of two answers is compared with what was
    preferred in `workbench prefer`: its ties count against it. It may decide with 50 labelled
    answers, 20 of the rarer label, kappa at least 0.4, sensitivity and specificity at least 0.6, by
    the lower bounds of their 95 % intervals. Exit code 0: it may decide; 1: it may not.
    """
    from workbench.actions.labelling.calibrating_pairs import calibrate_pairs
    from workbench.actions.running.calibrating import calibrate, judge_named
    from workbench.actions.running.for_judges import from_people
    from workbench.actions.running.labelled import from_columns, from_file

    session = context.session()
    checked = session.workspace.suite(suite)
    path = Path(labels)
    agreed = yes or budget is not None

    def on_ahead(asked: Judge, ahead: Ahead) -> None:
        confirm_judging(context, session, asked, ahead, agreed=agreed)

    if not labels and judge_named(checked, judge)[1].is_pairwise:
        done = calibrate_pairs(session, checked, judge, budget_usd=budget, on_ahead=on_ahead)
        return _told(context, done)
    if not labels or (labels == checked.name and not path.is_file()):
        labelled = from_people(session, checked, judge)
    elif path.is_file():
        labelled = from_file(checked, path, judge, judge_named(checked, judge)[1])
    else:
        labelled = from_columns(checked, labels, answers)
    done = calibrate(session, checked, judge, labelled, budget_usd=budget, on_ahead=on_ahead)
    return _told(context, done)


def _told(context: CommandContext, done: Calibrated) -> int:
    """Say how far judge and people agree; returns the exit code."""
    context.answer(
        {
            **values_of(done.calibration),
            "seq": done.seq,
            "tied": done.tied,
            "tuning": _matrix_values(done.tuning),
            "differences": [
                {
                    "case": each.case_id,
                    "judge": each.passed_by_judge,
                    "reason": each.reason,
                    "tuning": each.for_tuning,
                }
                for each in done.differences
            ],
            "calls": done.calls,
            "cost_usd": done.cost_usd,
        },
        [*lines_of(done.calibration), *_more_lines(done)],
    )
    return EXIT_DONE if done.calibration.admitted else EXIT_GATE_FAILED


@command("report", example="workbench judge report --suite qa")
@click.option("--suite", metavar="NAME", required=True, help="The suite whose judges are shown.")
def report_command(context: CommandContext, suite: str) -> int:
    """Say of each judge of a suite whether it may decide, and why. Exit code 0: every judge of the
    gate may; 1: one may not.
    """
    from workbench.actions.running.judges import calibrations_of, uncalibrated
    from workbench.scorers.judges.judge import Judge

    session = context.session()
    checked = session.workspace.suite(suite)
    judges, lines = [], []
    for scorer in checked.scorers:
        judge = scorer.kind.judge
        if not isinstance(judge, Judge):
            continue
        gates = scorer.name in checked.gate.scorers
        records = calibrations_of(session, judge)
        newest = records[0].calibration if records else None
        admitted = any(record.calibration.admitted for record in records)
        standing = "may decide" if admitted else "may not decide"
        lines.append(f"{scorer.name} {standing}{', and the gate rests on it' if gates else ''}")
        if newest:
            lines += [f"  {line}" for line in lines_of(newest)]
            lines.append(f"  recorded by {records[0].recorded_by} {records[0].recorded_at[:16]}")
        else:
            lines.append("  it is not calibrated: workbench judge calibrate")
        entry: dict[str, Any] = {"name": scorer.name, "gates": gates, "admitted": admitted}
        judges.append({**entry, "calibration": values_of(newest) if newest else None})
    context.answer({"judges": judges}, lines or [f"{suite} has no judges"])
    return EXIT_GATE_FAILED if any(uncalibrated(session, checked)) else EXIT_DONE


def values_of(calibration: Calibration) -> dict[str, Any]:
    """A calibration as JSON values."""
    matrix = calibration.matrix
    return {
        "judge": calibration.judge,
        "fingerprint": calibration.fingerprint,
        "models": list(calibration.models),
        "labels": calibration.labels,
        "labelled": calibration.labelled,
        "rarer": calibration.rarer,
        "matrix": _matrix_values(matrix),
        "missing": calibration.missing,
        "sensitivity": _interval(matrix.sensitivity()),
        "specificity": _interval(matrix.specificity()),
        "kappa": _interval(matrix.kappa()),
        "human_kappa": calibration.human_kappa,
        "admitted": calibration.admitted,
        "lacks": list(calibration.lacks()),
    }


def _matrix_values(matrix: Matrix) -> dict[str, int]:
    return {
        "passed_both": matrix.passed_both,
        "passed_by_judge": matrix.passed_by_judge,
        "passed_by_people": matrix.passed_by_people,
        "failed_both": matrix.failed_both,
    }


def _interval(interval: Interval | None) -> dict[str, float] | None:
    if interval is None:
        return None
    return {"value": interval.value, "low": interval.low, "high": interval.high}


def lines_of(calibration: Calibration) -> list[str]:
    """A calibration in words."""
    matrix, human = calibration.matrix, calibration.human_kappa
    models = ", ".join(map(safe_line, calibration.models)) or "a model that names no name"
    missing = f", {calibration.missing} without a verdict" if calibration.missing else ""
    lines = [
        f"{calibration.judge} by {models}: {calibration.labelled} labelled answers,"
        f" {calibration.rarer} of the rarer label, {matrix.cases} test it{missing}",
        "                people pass  people fail",
        f"  judge passes  {matrix.passed_both:11}  {matrix.passed_by_judge:11}",
        f"  judge fails   {matrix.passed_by_people:11}  {matrix.failed_both:11}",
        _figures("sensitivity", matrix.sensitivity()),
        _figures("specificity", matrix.specificity()),
        _figures("kappa", matrix.kappa())
        + ("" if human is None else f"; people among themselves {human:.2f}"),
    ]
    lacks = list(calibration.lacks())
    verdict = f"it may not decide: {'; '.join(lacks)}" if lacks else "it may decide"
    return [*lines, verdict]


def _figures(name: str, interval: Interval | None) -> str:
    if interval is None:
        return f"{name} cannot be computed"
    return f"{name} {interval.value:.2f} [{interval.low:.2f}, {interval.high:.2f}]"


def _more_lines(done: Calibrated) -> Iterator[str]:
    if done.tied:
        yield f"{numbers.plural(done.tied, 'answer')} left out: raters are even"
    own = [each for each in done.differences if each.for_tuning]
    if own:
        yield "to tune it with, of its quarter of the cases:"
    for each in own[:_SHOWN]:
        judgement = {True: "passes", False: "fails", None: "does not judge"}[each.passed_by_judge]
        case_id, reason = safe_line(each.case_id), safe_line(each.reason)
        yield f"  {case_id}: it {judgement}, people do not agree: {reason}"
    calls = numbers.plural(done.calls, "call")
    yield f"record {done.seq}; {calls}, {numbers.money(done.cost_usd)}"


for _each in (new_command, try_command, calibrate_command, report_command):
    judge_command.add_command(_each)
