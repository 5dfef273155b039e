"""`workbench diff`."""

from __future__ import annotations

import click

from workbench.cli.context import CommandContext, command

_SIGNS = {"same": " ", "removed": "-", "added": "+"}


@command("diff", example="workbench diff support_triage@1.0.0 support_triage")
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--context", "context_lines", type=click.IntRange(0), default=3, show_default=True)
def diff_command(context: CommandContext, a: str, b: str, context_lines: int) -> None:
    """Differences of two prompts: text, contract, model."""
    from workbench.actions.refs import resolve
    from workbench.prompts.contract import changes, implied_bump
    from workbench.prompts.diff import diff_text
    from workbench.prompts.files.prompty import write_prompty

    session = context.session()
    old, new = resolve(session, a), resolve(session, b)
    contract_changes = changes(old.prompt, new.prompt)
    bump = implied_bump(old.prompt, new.prompt)
    diff = diff_text(write_prompty(old.prompt), write_prompty(new.prompt))
    lines = [f"--- {old.name}", f"+++ {new.name}"]
    for hunk in diff.hunks(context_lines):
        first = next((line.number_a or line.number_b for line in hunk), 1)
        lines.append(f"@@ line {first} @@")
        lines += [f"{_SIGNS[line.tag]} {line.text}" for line in hunk]
    if diff.note:
        lines.append(f"({diff.note})")
    lines += [f"{change.bump.name.lower()}: {change.reason}" for change in contract_changes]
    if not contract_changes:
        lines = [f"{old.name} and {new.name} are the same"]
    values = {
        "a": old.name,
        "b": new.name,
        "fingerprint_a": old.prompt.fingerprint,
        "fingerprint_b": new.prompt.fingerprint,
        "same": old.prompt.fingerprint == new.prompt.fingerprint,
        "bump": bump.name.lower(),
        "changes": [
            {"bump": change.bump.name.lower(), "reason": change.reason}
            for change in contract_changes
        ],
        "added": diff.added,
        "removed": diff.removed,
        "lines": [
            {"tag": line.tag, "a": line.number_a, "b": line.number_b, "text": line.text}
            for hunk in diff.hunks(context_lines)
            for line in hunk
        ],
    }
    context.answer(values, lines)
