"""`workbench log`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.cli.rules import change_json
from workbench.present.safe_text import safe_line

if TYPE_CHECKING:
    from workbench.registry import LogEntry


@command("log", example="workbench log support_triage production")
@click.argument("prompt_id", metavar="[PROMPT]", required=False)
@click.argument("environment", required=False)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def log_command(
    context: CommandContext, prompt_id: str | None, environment: str | None, limit: int
) -> None:
    """Show what happened, newest first.

    Versions, evaluations, deployments, rollbacks, overrides.
    """
    registry = context.registry()
    entries = registry.history(prompt_id, environment, limit + 1)
    shown = entries[:limit]
    lines = [_line(entry) for entry in shown]
    if len(entries) > limit:
        lines.append(f"only the newest {limit} are shown: --limit shows more")
    if not entries:
        lines = ["nothing happened yet"]
    context.answer(
        {"entries": [_json(entry) for entry in shown], "more": len(entries) > limit}, lines
    )


def _line(entry: LogEntry) -> str:
    what = f"{entry.prompt_id}@{entry.version}" if entry.version else entry.prompt_id
    if entry.previous_version:
        what = f"{entry.prompt_id} {entry.previous_version} -> {entry.version}"
    where = f" {entry.environment}" if entry.environment else ""
    override = "  OVERRIDE" if entry.override else ""
    if entry.loosened_by:
        override += f"  ALLOWED BY LOOSENED RULES (record {entry.loosened_by})"
    if entry.compared_with:
        override += f"  COMPARED WITH {entry.compared_with}, NOT WITH {entry.previous_version}"
    reason = f"  {safe_line(entry.reason)}" if entry.reason else ""
    if entry.change:
        reason = f"  {entry.change}{reason}"
    return f"{entry.at}  {entry.action:<11} {what}{where}  by {entry.by}{override}{reason}"


def _json(entry: LogEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "action": entry.action,
        "prompt_id": entry.prompt_id,
        "version": entry.version or None,
        "environment": entry.environment or None,
        "previous_version": entry.previous_version,
        "by": entry.by,
        "reason": entry.reason,
        "override": entry.override,
        "change": change_json(entry.change) if entry.change else None,
        "loosened_by": entry.loosened_by,
        "compared_with": entry.compared_with,
        "hash": entry.hash,
    }
