"""Exports in words and as JSON, for several commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.actions.releasing.exporting import Exported, Plan
    from workbench.exchange.delivery import Moved


def plan_json(plan: Plan) -> dict[str, Any]:
    """What would leave, as JSON values."""
    leaving = plan.leaving
    return {
        "target": plan.addressed.name,
        "prompt_id": leaving.prompt.prompt_id if leaving.prompt else None,
        "version": leaving.version or None,
        "environments": list(leaving.environments),
        "reason": leaving.approved.reason if leaving.approved else "",
        "lost": [{"what": loss.what, "instead": loss.instead} for loss in plan.losses],
        "warnings": list(plan.warnings),
    }


def line_of(plan: Plan) -> str:
    """What would leave, in one line."""
    leaving = plan.leaving
    what = f"{leaving.prompt.prompt_id}@{leaving.label}" if leaving.prompt else "the registry"
    pointers = f", with the pointer of {', '.join(leaving.environments)}"
    return f"{what} -> {plan.addressed.name}{pointers if leaving.environments else ''}"


def sent_json(done: Exported) -> dict[str, Any]:
    """What was sent, as JSON values; nothing was where the target had it already."""
    sent = done.sent
    path = sent.path if sent else None
    return {
        "sent": sent is not None,
        "place": sent.place if sent else None,
        "path": str(path) if path else None,
        "bytes": path.stat().st_size if path else None,
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
        lines = [f"{target} has it already: nothing was sent"]
    else:
        lines = [f"wrote {sent.path}" if sent.path else f"sent to {sent.place}"]
    for moved in done.pointers:
        if moved.before == moved.after:
            lines.append(f"{moved.environment} leads to {moved.after} there already")
        else:
            before = moved.before or "nothing"
            lines.append(f"{moved.environment}: {before} -> {moved.after or 'nothing'} there")
    return lines
