"""`workbench report`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.confirm import confirm, yes_option
from workbench.cli.context import CommandContext, command
from workbench.cli.progress import Follower


@command(
    "report", example="workbench report support_triage@production support_triage --html page.html"
)
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--also", multiple=True, metavar="C", help="One more candidate; may be repeated.")
@click.option("--html", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--suite", "-s", help="Default: the prompt's first suite.")
@click.option("--split", help="dev (default), gate, all, or your own.")
@yes_option
def report_command(
    context: CommandContext,
    a: str,
    b: str,
    also: tuple[str, ...],
    html: Path,
    suite: str | None,
    split: str | None,
    yes: bool,
) -> None:
    """Write a comparison as one self-contained HTML page.

    Verdict, charts, worst cases and the differences of the prompts. With --also each candidate is
    compared with A, as `compare --also` does.
    """
    from workbench.actions.comparing.compare import compare_many
    from workbench.actions.comparing.report import html_report
    from workbench.files import write_atomically

    session = context.session()
    with Follower(context) as follower:
        best = compare_many(
            session,
            a,
            (b, *also),
            suite,
            split=split,
            on_planned=lambda runs: confirm(context, session, runs, yes),
            on_run=follower.on_run,
        )
    write_atomically(html, html_report(session, best))
    compared_b = best.candidates[0].compared
    values = {
        "html": str(html),
        "verdict": compared_b.headline.verdict.value,
        "gate": compared_b.gate.value,
        "run_a": compared_b.a.summary.run_id,
        "run_b": compared_b.b.summary.run_id,
        "candidates": [
            {
                "name": compared.b.source.name,
                "verdict": compared.headline.verdict.value,
                "gate": compared.gate.value,
                "run": compared.b.summary.run_id,
            }
            for compared in (candidate.compared for candidate in best.candidates)
        ],
    }
    context.answer(values, [f"wrote {html}"])
