"""`workbench tries list | show | diff | star | drop`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.context import CommandContext, command
from workbench.errors import NotFound, UsageError
from workbench.present import numbers

if TYPE_CHECKING:
    from workbench.runs.tries.store import Tries
    from workbench.runs.tries.values import Try, TryRow

_SIGNS = {"same": " ", "removed": "-", "added": "+"}


@click.group("tries")
def tries_command() -> None:
    """What `workbench try` and the screens' ctrl+t asked, and the answers."""


@command("list", example="workbench tries list support_triage --starred")
@click.argument("prompt_id", metavar="[PROMPT]", required=False)
@click.option("--starred", is_flag=True, help="Only those with a star.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def list_command(context: CommandContext, prompt_id: str | None, starred: bool, limit: int) -> None:
    """The tries, newest first."""
    from workbench.present.tables import lay_out
    from workbench.present.tries.texts import model_of

    tries = _tries(context)
    rows = tries.rows(prompt_id, starred=starred, limit=limit + 1)
    shown, now = rows[:limit], datetime.now(UTC)
    cells = [
        (
            f"{row.id}{'*' if row.starred else ''}",
            f"{row.prompt_id} ({row.label})",
            model_of(row),
            row.case_id,
            row.outcome.value,
            row.answer_start[:40],
            numbers.seconds(row.latency_s),
            numbers.money(row.cost_usd),
            numbers.age(row.tried_at, now),
        )
        for row in shown
    ]
    headers = ("try", "prompt", "model", "case", "outcome", "answer", "time", "cost", "when")
    lines = lay_out(headers, cells)
    if len(rows) > limit:
        lines.append(f"only the newest {limit} are shown: --limit shows more")
    context.answer({"tries": [_row_json(row) for row in shown], "more": len(rows) > limit}, lines)


@command("show", example="workbench tries show 12")
@click.argument("try_id", metavar="TRY", type=int)
def show_command(context: CommandContext, try_id: int) -> None:
    """All of one try: prompt, inputs, answer."""
    from workbench.present.tries.texts import about, answer_text, case_of, inputs_text, prompt_texts

    tried = _tries(context).get(try_id)
    prompt = prompt_texts(tried, tried)[0]
    lines = [
        about(tried.row),
        f"case: {case_of(tried.row)}",
        f"tried by {tried.row.tried_by} at {tried.row.tried_at}",
        *("", *prompt.splitlines()),
        *("", *inputs_text(tried).splitlines()),
        *("", "answer:", *answer_text(tried).splitlines()),
    ]
    context.answer(_json(tried), lines)


@command("diff", example="workbench tries diff 11 12")
@click.argument("a", metavar="TRY", type=int)
@click.argument("b", metavar="TRY", type=int)
@click.option("--context", "context_lines", type=click.IntRange(0), default=3, show_default=True)
def diff_command(context: CommandContext, a: int, b: int, context_lines: int) -> None:
    """What differs between two tries: prompt, inputs, answer."""
    from workbench.present.tries.texts import answer_text, inputs_text, prompt_texts
    from workbench.prompts.diff import diff_text

    tries = _tries(context)
    old, new = tries.get(a), tries.get(b)
    parts = {
        "prompt": prompt_texts(old, new),
        "inputs": (inputs_text(old), inputs_text(new)),
        "answer": (answer_text(old), answer_text(new)),
    }
    lines: list[str] = []
    values: dict[str, Any] = {"a": _row_json(old.row), "b": _row_json(new.row)}
    for name, (before, after) in parts.items():
        hunks = [*diff_text(before, after).hunks(context_lines)] if before != after else []
        values[name] = {"same": before == after, "a": before, "b": after}
        lines.append(f"{name}: {'the same' if before == after else ''}".rstrip())
        for hunk in hunks:
            lines += [f"  {_SIGNS[line.tag]} {line.text}" for line in hunk]
    context.answer(values, lines)


@command("star", example="workbench tries star 12")
@click.argument("try_id", metavar="TRY", type=int)
@click.option("--off", is_flag=True, help="Take the star off.")
def star_command(context: CommandContext, try_id: int, off: bool) -> None:
    """Mark a try; `tries drop --before` leaves it."""
    _tries(context).star(try_id, not off)
    done = "no longer has a star" if off else "has a star"
    context.answer({"try": try_id, "starred": not off}, [f"try {try_id} {done}"])


@command("drop", example="workbench tries drop --before 2026-01-31 --yes")
@click.argument("try_ids", metavar="TRY", type=int, nargs=-1)
@click.option(
    "--before",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="All without a star from before that day (UTC).",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
def drop_command(
    context: CommandContext, try_ids: tuple[int, ...], before: datetime | None, yes: bool
) -> None:
    """Delete tries with all that they say, for good.

    What was asked about one case is deleted by `workbench dataset forget`, wherever it is stored.
    """
    from workbench.times import utc_text

    if bool(try_ids) == (before is not None):
        raise UsageError("which tries?", hint="name them, or give --before DATE")
    tries = _tries(context)
    for one in try_ids:
        tries.get(one)
    chosen = list(try_ids) or tries.before(utc_text(before.replace(tzinfo=UTC)) if before else "")
    what = numbers.plural(len(chosen), "try", "tries")
    if chosen and not yes and not context.agree(f"Delete {what} for good?"):
        raise UsageError("nothing was deleted", hint="--yes")
    dropped = tries.drop(chosen)
    lines = [f"deleted {numbers.plural(dropped, 'try', 'tries')}"]
    context.answer({"dropped": dropped}, lines)


def _tries(context: CommandContext) -> Tries:
    from workbench.actions.running.tries import tries_of

    session = context.session()
    if not session.workspace.runs_path.exists():
        raise NotFound("nothing was tried yet", hint="workbench try PROMPT")
    return tries_of(session)


def _row_json(row: TryRow) -> dict[str, Any]:
    return {
        "try": row.id,
        "tried_at": row.tried_at,
        "tried_by": row.tried_by,
        "prompt_id": row.prompt_id,
        "label": row.label,
        "fingerprint": row.fingerprint,
        "provider": row.provider,
        "model": row.model,
        "suite": row.suite or None,
        "case": row.case_id,
        "starred": row.starred,
        "became": row.became or None,
        "outcome": row.outcome.value,
        "latency_s": row.latency_s,
        "prompt_tokens": row.prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "cost_usd": row.cost_usd,
        "answer_start": row.answer_start,
    }


def _json(tried: Try) -> dict[str, Any]:
    from workbench.prompts.codec import prompt_to_json

    return {
        **_row_json(tried.row),
        "prompt": prompt_to_json(tried.prompt),
        "draft": tried.draft,
        "inputs": tried.case.inputs,
        "expected": tried.case.expected,
        "text": tried.answer.text,
        "error": tried.answer.error,
        "note": tried.answer.note,
        "answered_model": tried.answer.model,
    }


for _command in (list_command, show_command, diff_command, star_command, drop_command):
    tries_command.add_command(_command)
