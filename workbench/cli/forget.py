"""`workbench dataset forget`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli import interrupts
from workbench.cli.context import CommandContext, command
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE, UsageError
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.workspace.forget import ForgetRequest, Forgotten


@command("forget", example='workbench dataset forget --case c042 --reason "she asked for it" --yes')
@click.option("--case", "case_id", required=True, metavar="ID", help="The case to forget.")
@click.option("--suite", "-s", help="Where several suites have a case of that id.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the record.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_command(
    context: CommandContext, case_id: str, suite: str | None, reason: str, yes: bool
) -> int:
    """Delete what a case says from the stored runs: inputs, expected, answers, notes.

    Every stored case with the same inputs goes with it, whatever its id and suite. Digests and
    scores stay, so that comparisons and the registry's evidence hold. Exit code 4: another
    process reads runs.db, so that old bytes may be left in its log; do it again.
    """
    from workbench.actions.workspace.forget import find_case, forget

    session = context.session()
    request = find_case(session, case_id, suite)
    if not yes and not _agreed(context, request):
        raise UsageError("nothing was forgotten", hint="--yes")
    done = forget(session, request, reason)
    context.answer(_json(done), _lines(done))
    return EXIT_DONE if done.erased else EXIT_INCOMPLETE


def _agreed(context: CommandContext, request: ForgetRequest) -> bool:
    sets = numbers.plural(request.held, "stored set of cases", "stored sets of cases")
    with interrupts.unwatched():
        return context.agree(
            f"Delete what case {request.case_id} of {request.suite} says from {sets}, for good?"
        )


def _json(done: Forgotten) -> dict[str, Any]:
    return {
        "case": done.request.case_id,
        "suite": done.request.suite,
        "runs": list(done.runs),
        "answers": done.answers,
        "erased": done.erased,
        "left": [{"where": p.where, "what": p.what, "do": p.do} for p in done.left],
    }


def _lines(done: Forgotten) -> list[str]:
    before = done.request.past
    summary = (
        f"forgot case {done.request.case_id} of {done.request.suite}:"
        f" {numbers.plural(done.answers, 'answer')} in {numbers.plural(len(done.runs), 'run')}"
    )
    if before:
        summary = f"case {before.case_id} was forgotten by {before.by} on {before.at[:10]} already"
    erased = "its bytes are gone from runs.db"
    if not done.erased:
        erased = "another process reads runs.db, whose log may hold it still: close it, do it again"
    left = [f"  {place.where}: {place.what}; {place.do}" for place in done.left]
    return [summary, erased, "not reached from here:", *left]
