"""Exports in words and as JSON, for several commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from workbench.errors import TargetConflict
from workbench.present.safe_text import safe_line
from workbench.units import plural

if TYPE_CHECKING:
    from workbench.actions.releasing.delivering import Outcome
    from workbench.actions.releasing.exporting import Exported, Plan
    from workbench.actions.releasing.imported_runs import StoredRun
    from workbench.actions.releasing.publishing import Behind, Waiting
    from workbench.exchange.delivery import Moved
    from workbench.exchange.losses import Loss


def plan_json(plan: Plan) -> dict[str, Any]:
    """What would leave, as JSON values."""
    leaving = plan.leaving
    return {
        "target": plan.addressed.name,
        "prompt_id": leaving.prompt.prompt_id if leaving.prompt else None,
        "version": leaving.version or None,
        "environments": list(leaving.environments),
        "reason": leaving.approved.reason if leaving.approved else "",
        "lost": [loss_json(loss) for loss in plan.losses],
        "warnings": list(plan.warnings),
    }


def loss_json(loss: Loss) -> dict[str, Any]:
    """What a target cannot hold, as JSON values."""
    return {"what": loss.what, "instead": loss.instead}


def line_of(plan: Plan) -> str:
    """What would leave, in one line."""
    leaving = plan.leaving
    what = f"{leaving.prompt.prompt_id}@{leaving.label}" if leaving.prompt else "the registry"
    pointers = f", with the pointer of {', '.join(leaving.environments)}"
    return f"{what} -> {plan.addressed.name}{pointers if leaving.environments else ''}"


def sent_json(done: Exported) -> dict[str, Any]:
    """What was sent, as JSON values; nothing was where the target had it already."""
    place = done.sent.place if done.sent else done.file and str(done.file)
    return {
        "sent": done.sent is not None,
        "place": place,
        "path": str(done.file) if done.file else None,
        "bytes": done.file.stat().st_size if done.file else None,
        "ref": done.ref or None,
        "pointers": [pointer_json(moved) for moved in done.pointers],
    }


def pointer_json(moved: Moved) -> dict[str, Any]:
    """A pointer, as JSON values."""
    return {"environment": moved.environment, "before": moved.before, "after": moved.after}


def sent_lines(done: Exported, target: str) -> list[str]:
    """What was sent, in words."""
    sent = done.sent
    if sent is None:
        lines = [f"{done.file or target} has it already: nothing was sent"]
    else:
        lines = [f"wrote {sent.path}" if sent.path else f"sent to {sent.place}"]
    for moved in done.pointers:
        if moved.before == moved.after:
            lines.append(f"{moved.environment} leads to {moved.after} there already")
        else:
            before = moved.before or "nothing"
            lines.append(f"{moved.environment}: {before} -> {moved.after or 'nothing'} there")
    return lines


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What became of a version or of a pointer to one, as JSON values."""
    parcel, error = outcome.parcel, outcome.error
    sent = outcome.arrived.sent if outcome.arrived else None
    return {
        "target": parcel.target,
        "prompt_id": parcel.prompt_id,
        "version": parcel.version or None,
        "environment": parcel.environment or None,
        "state": outcome.state.value,
        "sent": outcome.changed,
        "place": sent.place if sent else None,
        "ref": (outcome.arrived.ref or None) if outcome.arrived else None,
        "pointer": pointer_json(outcome.moved) if outcome.moved else None,
        "error": error.message if error else None,
        "hint": error.hint if error else None,
        "diff": list(error.diff) if isinstance(error, TargetConflict) else [],
    }


def outcome_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """The same in words; a pointer that waits for its version has no line of its own."""
    lines: list[str] = []
    shown: set[int] = set()
    for outcome in outcomes:
        parcel, moved = outcome.parcel, outcome.moved
        if outcome.error:
            if id(outcome.error) not in shown:
                lines.append(f"not published: {parcel}: {outcome.error}")
            shown.add(id(outcome.error))
        elif moved and outcome.changed:
            before, after = moved.before or "nothing", moved.after or "nothing"
            lines.append(f"published: {parcel} ({before} -> {after} there)")
        elif outcome.changed:
            lines.append(f"published: {parcel}")
        else:
            lines.append(f"there already: {parcel}")
    return lines


def behind_json(one: Behind) -> dict[str, Any]:
    """A pointer that was not moved along, as JSON values."""
    return {
        "target": one.target,
        "version": one.version,
        "environment": one.environment,
        "output": one.output or None,
    }


def waiting_json(one: Waiting) -> dict[str, Any]:
    """What waits, as JSON values."""
    row, parcel = one.row, one.parcel
    return {
        "target": parcel.target,
        "prompt_id": parcel.prompt_id,
        "version": parcel.version or None,
        "environment": parcel.environment or None,
        "output": parcel.output or None,
        "reason": parcel.reason,
        "state": one.state.value,
        "step": row.step.value if row else "queued",
        "attempts": row.attempts if row else 0,
        "last_error": row.last_error if row else "",
        "next_attempt": (row.next_attempt or None) if row else None,
    }


def stored_json(run: StoredRun) -> dict[str, Any]:
    """A run of an import."""
    summary = run.summary
    return {
        "run_id": summary.run_id,
        "new": run.is_new,
        "model": summary.model,
        "suite": summary.suite,
        "answers": summary.cases * summary.repeats,
        "errors": summary.errors,
        "score": summary.score,
    }


def stored_line(run: StoredRun) -> str:
    """The same for people."""
    summary = run.summary
    verb = "stored" if run.is_new else "unchanged:"
    errors = f", {plural(summary.errors, 'error')}" if summary.errors else ""
    return (
        f"{verb} the run {summary.run_id} of {safe_line(summary.model or 'an unknown model')}:"
        f" {plural(summary.scored, 'score')}{errors}"
    )
