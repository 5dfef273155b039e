"""Confirm calls before they are made: how many, what for, and the estimated cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from workbench.present import numbers
from workbench.present.safe_text import safe_line
from workbench.tui.base.dialog import Dialog, open_with
from workbench.tui.widgets.text import PlainStatic

if TYPE_CHECKING:
    from workbench.actions.preflight import Preflight
    from workbench.actions.session import Session
    from workbench.runs.engine.estimate import Estimate
    from workbench.tui.context.app_context import AppContext


def ask_before(
    app: AppContext,
    title: str,
    read: Callable[[Session], Preflight],
    go: Callable[[], object],
    *,
    always: bool = False,
    no: Callable[[], object] = lambda: None,
) -> None:
    """Call `go` at once where no confirmation is needed, else once the user agreed.

    `always`: ask about any call at all. `no` is called when the user declined.
    """

    def ask(preflight: Preflight) -> AskCalls | None:
        if preflight.needs_confirmation or (always and preflight.estimate.calls):
            return AskCalls(title, preflight)
        go()
        return None

    def answered(agreed: bool | None) -> None:
        if agreed:
            go()
        else:
            no()

    open_with(app, read, ask, answered)


class AskCalls(Dialog[bool]):
    """True: make the calls."""

    def __init__(self, title: str, preflight: Preflight) -> None:
        super().__init__(f"{title} · y starts it", "Start")
        self._preflight = preflight

    def body(self) -> Iterable[Widget]:
        lines = [Content(safe_line(line)) for line in self._preflight.lines]
        lines.append(Content(safe_line("at most " + estimate_line(self._preflight.estimate))))
        limit = self.app.workspace.settings.confirm_above_usd
        why = reason_to_ask(self._preflight, limit)
        if why:
            lines.append(Content.styled(why, "$text-warning"))
        yield PlainStatic(Content("\n").join(lines))

    def confirm(self) -> None:
        self.dismiss(True)


def estimate_line(estimate: Estimate) -> str:
    """Calls, cached answers, cost and time on one line."""
    parts = [numbers.plural(estimate.calls, "call")]
    if estimate.cached:
        parts.append(f"{numbers.count(estimate.cached)} known already")
    parts.append(f"≈ {numbers.money(estimate.usd)}" if estimate.usd is not None else "cost unknown")
    if estimate.seconds is not None:
        parts.append(f"≈ {numbers.clock(estimate.seconds)}")
    return " · ".join(parts)


def reason_to_ask(preflight: Preflight, limit_usd: float) -> str:
    """Why confirmation is needed; empty: it is not."""
    if preflight.cost is not None:
        if preflight.cost.unpriced:
            unpriced = numbers.plural(preflight.cost.unpriced, "call")
            return f"{unpriced} of unknown price, at a provider that is not on this machine"
        return f"more than {numbers.money(limit_usd)}"
    return (
        f"{numbers.plural(preflight.estimate.calls, 'call')}"
        if preflight.needs_confirmation
        else ""
    )
