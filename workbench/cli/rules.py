"""`workbench rules`, `rules apply`, `rules approve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import UsageError
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.registry.models.records import RuleChange, WaitingRule


@command(
    "rules",
    example='workbench rules apply --reason "the labels of t7 and t9 were wrong"',
)
@click.argument("action", type=click.Choice(["show", "apply", "approve"]), default="show")
@click.option("--reason", default="", metavar="TEXT", help="Why, for the log.")
@click.option("--record", type=int, metavar="SEQ", help="approve: this one of several.")
def rules_command(context: CommandContext, action: str, reason: str, record: int | None) -> None:
    """Show, apply or approve changes of the rules in force.

    Without an action: what the files change. `apply` takes it over openly; `approve` is another
    person's word on what was applied.

    A change that lets more through (a lower threshold, fewer cases, another scorer, an environment
    that asks for less) takes effect by `apply` alone, with a reason. The log keeps it, and marks
    each deployment that it allowed. Added cases need none, but a version that passes only because
    of them does: `apply` accepts them.
    """
    from workbench.actions.releasing import rules

    if record is not None and action != "approve":
        raise UsageError("--record goes with approve", hint="workbench rules approve --record SEQ")
    session = context.session()
    if action == "approve":
        done = session.registry.approve_rules(session.author, seq=record, reason=reason)
        lines = [f"approved by {session.author}: {_waiting_line(rule)}" for rule in done]
        context.answer({"approved": [_waiting_json(rule) for rule in done]}, lines)
        return
    if action == "apply":
        changes = rules.apply(session, reason)
        output = [f"applied: {change}" for change in changes] or ["nothing changed"]
    else:
        changes = rules.pending(session)
        output = [*map(_line, changes)] or ["the files and the registry have the same rules"]
    added = [] if action == "apply" else session.registry.suites_let_through()
    output += [f"not accepted, and a version passes only with them: {change}" for change in added]
    waiting = session.registry.waiting_rules()
    output += [f"waits for an approval: {_waiting_line(rule)}" for rule in waiting]
    if action == "show" and any(change.looser for change in (*changes, *added)):
        output.append("to let more through: workbench rules apply --reason TEXT")
    values = {
        "changes": [change_json(change) for change in changes],
        "applied": action == "apply",
        "added": [change_json(change) for change in added],
        "waiting": [_waiting_json(rule) for rule in waiting],
    }
    context.answer(values, output)


def change_json(change: RuleChange) -> dict[str, Any]:
    """A change of a rule as JSON values."""
    return {
        "environment": change.environment or None,
        "prompt_id": change.prompt_id or None,
        "suite": change.suite or None,
        "looser": change.looser,
        "facts": [
            {"fact": fact.fact, "old": fact.old, "new": fact.new, "looser": fact.looser}
            for fact in change.facts
        ],
    }


def _line(change: RuleChange) -> str:
    return f"{'looser' if change.looser else 'stricter'}: {change}"


def _waiting_json(rule: WaitingRule) -> dict[str, Any]:
    return {
        "seq": rule.seq,
        "by": rule.by,
        "reason": rule.reason,
        "environments": list(rule.environments),
        "approvals": rule.approvals,
        "wanted": rule.wanted,
        **change_json(rule.change),
    }


def _waiting_line(rule: WaitingRule) -> str:
    return f"record {rule.seq} by {rule.by}: {rule.change} ({safe_line(rule.reason)})"
