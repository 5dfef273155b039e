"""Before calls are made that nobody has seen the price of: how many, what for, what they cost."""

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
    foresee: Callable[[Session], Preflight],
    go: Callable[[], object],
    *,
    always: bool = False,
    no: Callable[[], object] = lambda: None,
) -> None:
    """Call `go` at once where what is foreseen needs no yes, else once it was agreed to.

    `always`: ask about any call at all. `no` is called when it was not agreed to.
    """

    def ask(found: Preflight) -> AskCalls | None:
        if found.needs_confirmation or (always and found.estimate.calls):
            return AskCalls(title, found)
        go()
        return None

    def answered(agreed: bool | None) -> None:
        if agreed:
            go()
        else:
            no()

    open_with(app, foresee, ask, answered)


class AskCalls(Dialog[bool]):
    """True: make the calls."""

    def __init__(self, title: str, found: Preflight) -> None:
        super().__init__(f"{title} · y starts it", "Start")
        self._found = found

    def body(self) -> Iterable[Widget]:
        lines = [Content(safe_line(line)) for line in self._found.lines]
        lines.append(Content(safe_line("at most " + estimate_line(self._found.estimate))))
        limit = self.app.workspace.settings.confirm_above_usd
        why = dear_line(self._found, limit)
        if why:
            lines.append(Content.styled(why, "$text-warning"))
        yield PlainStatic(Content("\n").join(lines))

    def confirm(self) -> None:
        self.dismiss(True)


def estimate_line(found: Estimate) -> str:
    """Calls, what is known already, money, time."""
    parts = [numbers.plural(found.calls, "call")]
    if found.cached:
        parts.append(f"{numbers.count(found.cached)} known already")
    parts.append(f"≈ {numbers.money(found.usd)}" if found.usd is not None else "cost unknown")
    if found.seconds is not None:
        parts.append(f"≈ {numbers.clock(found.seconds)}")
    return " · ".join(parts)


def dear_line(found: Preflight, limit_usd: float) -> str:
    """Why a person should agree first; empty: nobody need."""
    if found.cost is not None:
        if found.cost.unpriced:
            unpriced = numbers.plural(found.cost.unpriced, "call")
            return f"{unpriced} of unknown price, at a provider that is not on this machine"
        return f"more than {numbers.money(limit_usd)}"
    return f"{numbers.plural(found.estimate.calls, 'call')}" if found.needs_confirmation else ""
