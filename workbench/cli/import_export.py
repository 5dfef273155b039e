"""`workbench export`, `workbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command, folder_of
from workbench.cli.exports import (
    line_of,
    outcome_json,
    outcome_lines,
    plan_json,
    sent_json,
    sent_lines,
    waiting_json,
)
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE, UsageError
from workbench.suggestions import did_you_mean


def _targets(ctx: click.Context) -> list[tuple[str, str]]:
    """For the help: what TARGET may be, in the workspace that it is asked in."""
    from workbench.actions.releasing.targets import target_lines
    from workbench.workspace import find_workspace

    try:
        workspace = find_workspace(folder_of(ctx.obj))
    except UsageError:
        workspace = None
    return target_lines(workspace)


@command(
    "export",
    example="workbench export json support_triage@production --output live.json",
    more=("Targets", _targets),
)
@click.argument("target", metavar="TARGET", required=False)
@click.argument("ref", metavar="[PROMPT@VERSION]", required=False)
@click.option("--output", "-o", "path", type=click.Path(path_type=Path), help="The file to write.")
@click.option("--environment", metavar="NAME", help="Where it must be approved, and its pointer.")
@click.option("--force", is_flag=True, help="Though not tested, or past what the target has.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is forced; it travels along.")
@click.option("--preview", is_flag=True, help="Only show what would leave.")
@click.option("--pending", is_flag=True, help="Send again what did not arrive, of TARGET or all.")
@click.option("--drop", is_flag=True, help="With --pending: forget it instead.")
def export_command(
    context: CommandContext,
    target: str | None,
    ref: str | None,
    path: Path | None,
    environment: str | None,
    force: bool,
    reason: str,
    preview: bool,
    pending: bool,
    drop: bool,
) -> int:
    """Send versions to where others read them.

    TARGET is one of those below: a kind, or a [targets.NAME] table of workbench.toml. What the
    target cannot hold is said. A registry gets the pointers of the environments where the version
    is live, or that of --environment alone. Sending the same again sends nothing.
    """
    from workbench.actions.releasing.exporting import export, parcels_of, plan_export
    from workbench.actions.releasing.publishing import retry_due

    if pending:
        if ref or path or environment or force:
            raise UsageError("--pending sends what waits", hint="export --pending [TARGET]")
        return _pending(context, target or "", preview=preview, drop=drop)
    if drop or not target:
        problem = "--drop goes with --pending" if drop else "export where to?"
        raise UsageError(problem, hint="workbench export --help lists the targets")
    if force and not reason.strip():
        raise UsageError("forcing needs a reason", hint="--reason TEXT")
    session = context.session()
    plan = plan_export(
        session, target, ref, path, environment, force_reason=reason if force else ""
    )
    for warning in plan.warnings:
        context.note(f"warning: {warning}")
    for loss in plan.losses:
        context.note(f"lost: {loss}")
    if preview:
        context.answer(plan_json(plan), [line_of(plan)])
        return EXIT_DONE
    parcels = parcels_of(plan)
    late = retry_due(session, plan.addressed.name, parcels) if parcels else []
    for line in outcome_lines(late):
        context.note(line)
    done = export(session, plan, force=force)
    retried = {"retried": [outcome_json(outcome) for outcome in late]}
    values = plan_json(plan) | sent_json(done) | retried
    context.answer(values, sent_lines(done, target))
    return EXIT_DONE


def _pending(context: CommandContext, target: str, *, preview: bool, drop: bool) -> int:
    """Show what did not arrive, or send or forget it."""
    from workbench.actions.releasing import publishing

    session = context.session()
    known = {*session.workspace.settings.targets, *(r.target for r in session.store.outbox.rows())}
    if target and target not in known:
        raise UsageError(f"nothing was sent to {target!r}", hint=did_you_mean(target, known))
    if preview or drop:
        waits = publishing.waiting(session, target)
        if drop:
            publishing.drop(session, target)
        values = {"pending": [waiting_json(one) for one in waits], "dropped": drop}
        context.answer(values, [str(one) for one in waits] or ["nothing waits"])
        return EXIT_DONE
    outcomes = publishing.retry(session, target)
    left = publishing.waiting(session, target)
    values = {
        "published": [outcome_json(outcome) for outcome in outcomes],
        "pending": [waiting_json(one) for one in left],
    }
    context.answer(values, outcome_lines(outcomes) or ["nothing waits"])
    return EXIT_INCOMPLETE if left else EXIT_DONE


@command("import", example="workbench import greeting.prompty --as hello")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Another prompt id.")
@click.option("--format", "kind", metavar="FORMAT", default="", help="Of the file: json, prompty.")
def import_command(context: CommandContext, path: Path, name: str | None, kind: str) -> None:
    """Make a draft of each prompt in FILE. No draft is overwritten.

    FILE is a .prompty file, a JSON export, or of the format of a plug-in.
    """
    from workbench.actions.releasing.importing import import_drafts

    made, imported = import_drafts(context.workspace(), path, name, kind)
    for loss in imported.losses:
        context.note(f"lost: {loss}")
    values = {
        "draft": str(made[0]),
        "drafts": [str(draft) for draft in made],
        "lost": [{"what": loss.what, "instead": loss.instead} for loss in imported.losses],
    }
    context.answer(values, [f"made the draft {draft}" for draft in made])
