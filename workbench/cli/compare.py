"""`workbench compare`."""

from __future__ import annotations

import click

from workbench.cli import verdict
from workbench.cli.face import Face, command
from workbench.cli.progress import Follower


@command("compare", example="workbench compare support_triage@production support_triage")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--suite", "-s", help="Default: the prompt's first suite.")
@click.option("--split", help="dev (default), gate, all, or your own.")
@click.option("--limit", type=click.IntRange(1), help="Only the first N cases: a quick look.")
@click.option("--fresh", is_flag=True, help="Ignore stored runs and answers.")
@click.option("--verbose", "-v", is_flag=True, help="Method, p-value and looks as well.")
def compare_command(
    face: Face,
    a: str,
    b: str,
    suite: str | None,
    split: str | None,
    limit: int | None,
    fresh: bool,
    verbose: bool,
) -> int:
    """Pair A (the baseline) and B on all cases, running what is missing, and print the verdict.

    A and B are drafts, versions, environments (PROMPT@production) or run ids.
    """
    from workbench.actions.compare import compare
    from workbench.runs.values import RunStatus
    from workbench.verdicts.noise import below_noise, noise_sentence

    bench = face.bench()
    with Follower(face) as follower:
        found = compare(
            bench, a, b, suite, split=split, limit=limit, fresh=fresh, on_run=follower.on_run
        )
    summaries = (found.a.summary, found.b.summary)
    values = {
        **verdict.as_json(
            found.headline,
            found.gate,
            found.suite.gate,
            a=found.a.source.name,
            b=found.b.source.name,
            run_a=found.a.summary.run_id,
            run_b=found.b.summary.run_id,
        ),
        "a": found.a.source.name,
        "b": found.b.source.name,
        "suite": found.suite.name,
        "split": found.split,
        "noise": None if found.noise is None else found.noise.rate,
        "below_noise": found.noise is not None and below_noise(found.headline, found.noise),
    }
    lines = [
        f"A {found.a.source.name}   B {found.b.source.name}   {found.suite.name}, {found.split}",
        *verdict.lines_of(
            found.comparisons, found.suite.gate, found.a.source.name, found.b.source.name, verbose
        ),
    ]
    if found.noise is not None:
        itself = summaries[0].fingerprint == summaries[1].fingerprint
        lines.append(noise_sentence(found.headline, found.noise, itself=itself))
    face.answer(values, lines)
    incomplete = any(summary.status is not RunStatus.COMPLETE for summary in summaries)
    return verdict.exit_code(found.gate, incomplete)
