"""`workbench export`, `workbench import`."""

from __future__ import annotations

from pathlib import Path

import click

from workbench.cli.context import CommandContext, command, folder_of
from workbench.cli.exports import (
    line_of,
    loss_json,
    outcome_json,
    outcome_lines,
    plan_json,
    sent_json,
    sent_lines,
    stored_json,
    stored_line,
    waiting_json,
)
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE, UsageError
from workbench.suggestions import did_you_mean
from workbench.units import plural
from workbench.workspace import SUITE_FILE


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


def _formats(_ctx: click.Context) -> list[tuple[str, str]]:
    """For the help: what SOURCE may be."""
    from workbench.exchange.kinds import IMPORTERS
    from workbench.plugins import Entry

    return [(one.name, one.kind.summary) for one in IMPORTERS.all() if isinstance(one, Entry)]


@command("import", example="workbench import prompts.json --dry-run", more=("Formats", _formats))
@click.argument("path", metavar="SOURCE", type=click.Path(path_type=Path))
@click.option("--as", "name", metavar="NAME", help="Another prompt id.")
@click.option("--format", "kind", metavar="FORMAT", default="", help="Of the file, see below.")
@click.option(
    "--with",
    "beside",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file that SOURCE refers to, and that may be read.",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be made.")
def import_command(
    context: CommandContext,
    path: Path,
    name: str | None,
    kind: str,
    beside: tuple[Path, ...],
    dry_run: bool,
) -> None:
    """Make drafts and suites of what stands in another tool's file.

    The format is told by the content. Nothing is overwritten, and importing the same again makes
    nothing. What stands in the file is data: no address, key or code in it takes effect. What
    cannot be imported is listed, with what to do about it. Answers in it become stored runs: a
    comparison takes them, a gate never does.
    """
    from workbench.actions.releasing.imported_runs import store_runs
    from workbench.actions.releasing.importing import make, plan_import

    plan = plan_import(context.workspace(), path, name, kind, beside)
    stored = []
    if not dry_run:
        make(plan)
        stored = store_runs(context.session(), plan.runs) if plan.runs else []
    losses = [*plan.imported.losses, *(loss for run in stored for loss in run.differs)]
    for loss in losses:
        context.note(f"lost: {loss}")
    drafts = [str(draft) for draft in plan.drafts]
    suites = [str(file) for file in plan.suites if file.name == SUITE_FILE]
    values = {
        "draft": next(iter(drafts), None),
        "drafts": drafts,
        "suites": suites,
        "unchanged": [str(file) for file in plan.unchanged],
        "dry_run": dry_run,
        "lost": [loss_json(loss) for loss in losses],
        "runs": [stored_json(run) for run in stored],
    }
    verb = "would make" if dry_run else "made"
    lines = [f"{verb} the draft {draft}" for draft in drafts]
    lines += [f"{verb} the suite {suite}" for suite in suites]
    lines += [f"unchanged: {file}" for file in plan.unchanged]
    lines += [stored_line(run) for run in stored]
    if dry_run:
        lines += [f"would store a run of {plural(len(run.answers), 'answer')}" for run in plan.runs]
    context.answer(values, lines)
