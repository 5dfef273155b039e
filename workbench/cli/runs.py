"""`workbench runs`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.run import as_json, lines_of
from workbench.cli.run_measures import measure_lines, measure_values
from workbench.errors import NotFound
from workbench.present import numbers
from workbench.prompts.files.variants import AT

if TYPE_CHECKING:
    from workbench.runs.spec.values import RunSummary


@command("runs", example="workbench runs support_triage --limit 10")
@click.argument("ref", metavar="[PROMPT[@VARIANT | @VERSION] | RUN]", required=False)
@click.option("--suite", help="Only runs on this suite.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def runs_command(context: CommandContext, ref: str | None, suite: str | None, limit: int) -> None:
    """List the stored runs, newest first; of one RUN, all that it was made with."""
    from workbench.present.tables import lay_out

    session = context.session()
    if not session.workspace.runs_path.exists():
        raise NotFound("no run yet", hint="workbench run SUITE")
    one = session.store.summary_or_none(ref) if ref else None
    if one:
        _show_one(context, one)
        return
    prompt_id, at, label = (ref or "").partition(AT)
    summaries = session.store.summaries(prompt_id or None, suite, None if at else limit + 1)
    if at:
        summaries = [run for run in summaries if run.label in (label, f"{AT}{label}")]
    shown = summaries[:limit]
    now = datetime.now(UTC)
    rows = [
        (
            run.run_id,
            f"{run.prompt_id} ({run.label})",
            f"{run.suite} {run.split}",
            run.status.value,
            numbers.score(run.score),
            f"{run.scored}/{run.cases * run.repeats}",
            numbers.money(run.cost_usd),
            numbers.age(run.created_at, now),
        )
        for run in shown
    ]
    headers = ("run", "prompt", "suite", "status", "score", "scored", "cost", "when")
    lines = lay_out(headers, rows)
    if len(summaries) > limit:
        lines.append(f"only the newest {limit} are shown: --limit shows more")
    values = {"runs": [as_json(run) for run in shown], "more": len(summaries) > limit}
    context.answer(values, lines)


def _show_one(context: CommandContext, summary: RunSummary) -> None:
    from workbench.actions.running.run_measures import measures_of
    from workbench.present.run_origin import origin
    from workbench.present.run_remarks import remarks
    from workbench.present.safe_text import safe_line
    from workbench.runs.rescoring.rows import newest_scores

    made = origin(summary)
    width = max(map(len, made))
    notes = remarks(summary.environment)
    measures = measures_of(context.session(), summary)
    rescored = newest_scores(context.session().store.database, summary.run_id)
    lines = [*lines_of(summary), *(f"note: {note}" for note in notes)]
    if rescored:
        means = ", ".join(f"{safe_line(k)} {numbers.score(v)}" for k, v in rescored.means.items())
        by = f"{rescored.made_at[:10]} by {safe_line(rescored.made_by)}"
        lines.append(f"judged anew {by} (workbench rescore): {means}")
    lines += [*measure_lines(measures, summary.scorer), ""]
    lines += [f"{name:<{width}}  {value}" for name, value in made.items()]
    more = {"suite_parts": dict(summary.suite_parts), "environment": dict(summary.environment)}
    values = {**as_json(summary), **measure_values(measures), **more, "notes": notes}
    if rescored:
        values["rescored"] = {"made_at": rescored.made_at, "scores": dict(rescored.means)}
    context.answer(values, lines)
