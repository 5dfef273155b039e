"""What runs will cost, and whether that is worth a question before the first call."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.providers.prices import FREE, price_of
from workbench.runs.spec.values import RunSpec
from workbench.settings import ProviderSettings

ASSUMED_USD = 0.01
"""US dollars that a call of unknown price is taken for: a thousand tokens of a dear model."""
_OWN = (".local", ".localhost", ".lan", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Ahead:
    """A run that is about to be started, or to go on."""

    spec: RunSpec
    done: frozenset[tuple[str, int]] = frozenset()
    """Pairs of case and repeat that need no call."""
    spent_usd: float = 0.0
    """What its earlier attempts cost."""
    times: int = 1
    """So many runs of this kind."""


OnAhead = Callable[[Sequence[Ahead]], None]
"""Told what has to be run before the first call of it is made; may raise to make none."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What some runs will cost at most."""

    usd: float
    """Of the calls whose price is known: the estimate, or less where a budget ends the run."""
    unpriced: int
    """Calls whose price is unknown."""


def worth_asking(session: Session, runs: Iterable[Ahead]) -> Cost | None:
    """The cost of these runs when it is more than the settings' `confirm_above`, else None.

    A call of unknown price counts as ASSUMED_USD, so that it is asked about from a hundred calls
    on where nothing is set. The embedded model is free, and so is an endpoint in one's own network
    without a price. A run with a budget of its own has been agreed to by that.
    """
    usd = 0.0
    unpriced = 0
    for ahead in runs:
        if "budget_usd" in ahead.spec.own_options or _is_free(session, ahead.spec):
            continue
        found = running.estimate(session, ahead.spec, ahead.done)
        budget = ahead.spec.run_options.budget_usd
        if found.usd is None:
            # With a budget and no price to keep it by, a run makes no call.
            unpriced += found.calls * ahead.times if budget is None else 0
            continue
        left = found.usd if budget is None else max(0.0, budget - ahead.spent_usd)
        usd += min(found.usd, left) * ahead.times
    if usd + unpriced * ASSUMED_USD > session.workspace.settings.confirm_above_usd:
        return Cost(usd, unpriced)
    return None


def _is_free(session: Session, spec: RunSpec) -> bool:
    """Whether it is known without the list of prices that its calls cost nothing."""
    settings = session.provider_settings(spec.prompt)
    if settings.is_embedded:
        return True
    model = spec.prompt.model
    if model is None or model.id not in settings.prices:
        return bool(settings.base_url) and is_own(settings)
    return price_of(settings, model.id) == FREE


def is_own(settings: ProviderSettings) -> bool:
    """Whether the endpoint is on this machine or in one's own network."""
    host = (urlsplit(settings.base_url).hostname or "").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_private
    except ValueError:
        return "." not in host or host.endswith(_OWN)
