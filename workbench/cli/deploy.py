"""`workbench deploy`, `retire`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command, split_ref
from workbench.cli.exports import behind_json, loss_json, outcome_json, outcome_lines
from workbench.errors import EXIT_DONE, EXIT_INCOMPLETE, UsageError
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.actions.releasing.deploy import DeployPreview
    from workbench.actions.session import Session
    from workbench.registry import PromptDeployment


publish_option = click.option(
    "--publish/--no-publish",
    default=None,
    help="To the environment's targets, as its settings say; else to all.",
)


@command("deploy", example='workbench deploy support_triage@1.2.0 production --reason "returns"')
@click.argument("ref", metavar="PROMPT@VERSION")
@click.argument("environment")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
@click.option("--override", is_flag=True, help="Past the gate; needs a reason, shown for ever.")
@click.option("--again", is_flag=True, help="A version that was rolled back; needs a reason.")
@click.option("--request", metavar="KEY", help="The same key twice deploys once.")
@click.option("--preview", is_flag=True, help="Only show what it would change.")
@publish_option
def deploy_command(
    context: CommandContext,
    ref: str,
    environment: str,
    reason: str,
    override: bool,
    again: bool,
    request: str | None,
    preview: bool,
    publish: bool | None,
) -> int:
    """Make a version live in ENVIRONMENT.

    Refused unless its evidence and the environment's rules allow it. Where it is published and a
    target fails, it is live all the same: the exit code is 4, and `export --pending` tries again.
    """
    from workbench.actions.releasing import deploy as deploying
    from workbench.actions.releasing import publishing

    if (override or again) and not reason.strip():
        raise UsageError("an exception needs a reason", hint="--reason TEXT")
    prompt_id, version = split_ref(ref)
    session = context.session()
    targets = publishing.targets_of(session, environment, publish)
    seen = deploying.preview(session, prompt_id, version, environment, override=override)
    if preview:
        lost = _say_lost(context, session, (prompt_id, seen.version.version, environment), targets)
        goes = {"publish": list(targets or ()), "lost": lost}
        lines = [f"published to {', '.join(targets)}"] if targets else []
        context.answer(_preview_json(seen) | goes, _preview_lines(seen) + lines)
        return EXIT_DONE
    warnings = list(seen.status.warnings)
    for warning in warnings:
        context.note(f"warning: {warning}")
    done = deploying.deploy(
        session,
        prompt_id,
        version,
        environment,
        reason=reason,
        expect=seen.seen,
        override=override,
        again=again,
        request_id=request,
    )
    was = f", was {done.previous_version}" if done.previous_version else ""
    lines = [f"{done.ref} is live in {environment}{was} (by {done.deployed_by})"]
    if done.loosened_by:
        lines.append(f"loosened rules allowed it (record {done.loosened_by} of the log)")
    values = {**deployment_json(done), "warnings": warnings}
    return answer_published(context, session, done, targets, values, lines)


@command("retire", example='workbench retire support_triage staging --reason "not used"')
@click.argument("prompt_id", metavar="PROMPT")
@click.argument("environment")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the log.")
@publish_option
def retire_command(
    context: CommandContext, prompt_id: str, environment: str, reason: str, publish: bool | None
) -> int:
    """Take a prompt out of ENVIRONMENT: nothing is live there any more."""
    from workbench.actions.releasing import publishing

    session = context.session()
    targets = publishing.targets_of(session, environment, publish)
    done = session.registry.retire(prompt_id, environment, session.author, reason=reason)
    lines = [f"{prompt_id} is no longer live in {environment}"]
    return answer_published(context, session, done, targets, deployment_json(done), lines)


def answer_published(
    context: CommandContext,
    session: Session,
    done: PromptDeployment,
    targets: Iterable[str] | None,
    values: dict[str, Any],
    lines: list[str],
) -> int:
    """Publish what was done to the targets, and answer with both: the exit code."""
    from workbench.actions.releasing import publishing

    where = (done.prompt_id, done.version, done.environment)
    is_live = done.action != "retire"
    values["lost"] = _say_lost(context, session, where, targets if is_live else ())
    outcomes = publishing.publish(session, done, targets)
    behind = publishing.behind(session, done)
    for one in behind:
        context.note(f"warning: {one}")
    own = [outcome for outcome in outcomes if not outcome.is_late]
    values["published"] = [outcome_json(outcome) for outcome in own]
    values["retried"] = [outcome_json(outcome) for outcome in outcomes if outcome.is_late]
    values["behind"] = [behind_json(one) for one in behind]
    context.answer(values, [*lines, *outcome_lines(outcomes)])
    return EXIT_INCOMPLETE if any(outcome.error for outcome in own) else EXIT_DONE


def _say_lost(
    context: CommandContext,
    session: Session,
    where: tuple[str, str, str],
    targets: Iterable[str] | None,
) -> list[dict[str, Any]]:
    """Say what each target cannot hold of a version (prompt id, version, environment)."""
    from workbench.actions.releasing.exporting import losses_at

    losses = losses_at(session, targets or (), *where)
    for target, loss in losses:
        context.note(f"lost: {target}: {loss}")
    return [{"target": target, **loss_json(loss)} for target, loss in losses]


def deployment_json(done: PromptDeployment) -> dict[str, Any]:
    """A deployment as JSON values."""
    return done.as_dict()


def _preview_json(seen: DeployPreview) -> dict[str, Any]:
    return {
        "prompt_id": seen.version.prompt_id,
        "version": seen.version.version,
        "environment": seen.environment,
        "previous_version": seen.live.version if seen.live else None,
        "state": seen.status.state.value,
        "reason": seen.status.reason,
        "score": seen.status.score,
        "warnings": list(seen.status.warnings),
    }


def _preview_lines(seen: DeployPreview) -> list[str]:
    before = seen.live.version if seen.live else "nothing"
    lines = [
        f"{seen.environment}: {before} -> {seen.version.version}",
        f"{seen.status.state.value}: {seen.status.reason}",
    ]
    if seen.status.score is not None:
        lines.append(f"score {numbers.score(seen.status.score)}")
    lines += [f"warning: {warning}" for warning in seen.status.warnings]
    if seen.diff:
        lines.append(f"{seen.diff.added} lines added, {seen.diff.removed} removed")
    return lines
