"""`workbench rescore`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_GATE_FAILED, EXIT_INCOMPLETE
from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.present.tables import lay_out

if TYPE_CHECKING:
    from workbench.actions.proving.rescore import Rescored, RescoredDecision


@command("rescore", example="workbench rescore --suite support_triage")
@click.argument("run", required=False)
@click.option("--suite", "-s", metavar="S", help="Every evaluation on this suite.")
def rescore_command(context: CommandContext, run: str | None, suite: str | None) -> int:
    """Judge stored answers anew, and name decisions that would flip.

    The scorers, labels and gate are those of today. Give a RUN, or a suite for all its evaluations.
    Nothing is asked of a provider, and nothing that was recorded changes; the new scores are kept
    beside it in runs.db: runs RUN, lineage, doctor and the screen of deployments show them. Exit
    code 0: every decision stands; 1: one would flip; 4: none flips, and some could not be judged,
    since their answers are not here or were altered.
    """
    from workbench.actions.proving.rescore import rescore

    if not run and not suite:
        raise click.UsageError("give a RUN, or --suite S")
    rescored = rescore(context.session(), run, suite)
    context.answer(_json_of(rescored), _lines_of(rescored))
    if rescored.flips:
        return EXIT_GATE_FAILED
    lost = any(one.problem for one in rescored.decisions) or any(r.altered for r in rescored.runs)
    return EXIT_INCOMPLETE if lost else EXIT_DONE


def _json_of(rescored: Rescored) -> dict[str, Any]:
    return {
        "suite": rescored.suite.name,
        "calls": 0,
        "flips": rescored.flips,
        "stale": sum(bool(one.differs) for one in rescored.decisions),
        "runs": [
            {
                "run_id": run.run_id,
                "label": run.label,
                "answers": run.answers,
                "altered": run.altered,
                "scorers": [
                    {
                        "name": scorer.name,
                        "before": scorer.before,
                        "after": scorer.after,
                        "changed": scorer.changed,
                        "missing": scorer.missing,
                    }
                    for scorer in run.scorers
                ],
            }
            for run in rescored.runs
        ],
        "decisions": [
            {
                "evaluation": one.record.id,
                "version": one.record.evidence.version,
                "recorded_at": one.record.recorded_at,
                "gate": one.before.value,
                "now": None if one.after is None else one.after.value,
                "flips": one.flips,
                "stale": bool(one.differs),
                "changed": list(one.differs),
                "reason": one.problem or one.reason,
            }
            for one in rescored.decisions
        ],
    }


def _lines_of(rescored: Rescored) -> list[str]:
    rows = [
        (
            run.run_id,
            safe_line(run.label),
            safe_line(scorer.name),
            numbers.score(scorer.before),
            numbers.score(scorer.after),
            f"{scorer.changed:,} of {run.answers:,}",
        )
        for run in rescored.runs
        for scorer in run.scorers
    ]
    lines = lay_out(("run", "prompt", "scorer", "was", "is", "changed"), rows) if rows else []
    lines += [
        f"{run.run_id}: {numbers.plural(run.altered, 'stored answer')} altered or forgotten since"
        " they came: not judged"
        for run in rescored.runs
        if run.altered
    ]
    lines += [_decision_line(one) for one in rescored.decisions]
    if not rescored.decisions:
        return [*lines, "no past decision rests on it"]
    stale = sorted({part for one in rescored.decisions for part in one.differs})
    if stale:
        lines.append(
            f"stale, since the suite changed ({', '.join(stale)}): evaluate again, from stored"
            " answers, to decide by it"
        )
    lines.append(f"{numbers.plural(rescored.flips, 'decision')} would flip; no call was made")
    return lines


def _decision_line(one: RescoredDecision) -> str:
    evidence = one.record.evidence
    name = f"{evidence.prompt_id}@{evidence.version} ({one.record.id[:12]})"
    before = one.before.value.replace("_", " ").upper()
    if one.after is None:
        return f"{name}: {before}, and not judged anew: {safe_line(one.problem)}"
    after = one.after.value.replace("_", " ").upper()
    if not one.flips:
        return f"{name}: {before}, as before"
    return f"{name}: {before} -> {after}: {safe_line(one.reason)}"
