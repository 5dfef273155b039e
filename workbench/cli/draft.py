"""`workbench draft`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command, split_ref
from workbench.errors import EXIT_DONE


@command("draft", example="workbench draft support_triage@1.0.0")
@click.argument("ref", metavar="PROMPT@VERSION")
def draft_command(context: CommandContext, ref: str) -> int:
    """Make the draft of what a version says, to go on from there.

    The draft that was there is kept beside the state, and its place is printed.
    """
    from workbench.actions.releasing.redraft import draft_from

    prompt_id, version = split_ref(ref)
    made = draft_from(context.session(), prompt_id, version)
    values = {
        "prompt_id": prompt_id,
        "version": version,
        "draft": str(made.path),
        "kept": str(made.kept) if made.kept else None,
    }
    lines = [f"{made.path} says what {ref} says"]
    lines += [f"the draft before: {made.kept}"] if made.kept else []
    context.answer(values, lines)
    return EXIT_DONE
