"""The cost of runs, and whether it needs confirmation before the first call."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from workbench.actions.running import run as running
from workbench.actions.session import Session
from workbench.present import numbers
from workbench.prompts.values import Prompt
from workbench.providers.prices import FREE, price_of
from workbench.runs.engine.direct_judging import Ahead
from workbench.runs.spec.values import RunSpec
from workbench.settings import COMMAND, ProviderSettings

ASSUMED_USD = 0.01
"""US dollars assumed per call of unknown price: a thousand tokens of an expensive model."""
_OWN = (".local", ".localhost", ".lan", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run that is about to be started or resumed."""

    spec: RunSpec
    done: frozenset[tuple[str, int]] = frozenset()
    """(case id, repeat) pairs that need no call."""
    spent_usd: float = 0.0
    """US dollars spent in its earlier sessions."""
    times: int = 1
    """Number of runs of this kind."""


OnPlanned = Callable[[Sequence[PlannedRun]], None]
"""Called with the planned runs before their first call; may raise to prevent them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The maximum cost of some runs."""

    usd: float
    """US dollars of calls with a known price: the estimate, or less where a budget ends the run."""
    unpriced: int
    """Number of calls whose price is unknown."""

    def words(self, limit_usd: float) -> str:
        """The cost, and why it needs confirmation: the limit of the settings in US dollars."""
        parts = []
        if self.usd:
            parts.append(f"about {numbers.money(self.usd)}")
        if self.unpriced:
            parts.append(f"the unknown price of {numbers.plural(self.unpriced, 'call')}")
        more = f", more than {numbers.money(limit_usd)}" if not self.unpriced else ""
        return " and ".join(parts) + more


def cost_to_confirm(session: Session, runs: Iterable[PlannedRun]) -> Cost | None:
    """The cost of these runs if it exceeds the settings' `confirm_above`, else None.

    A call of unknown price counts as ASSUMED_USD, so that by default a hundred calls need
    confirmation. The embedded model is free, and so is an endpoint in a private network without a
    price. A run with a budget of its own needs no confirmation.
    """
    usd = 0.0
    unpriced = 0
    for ahead in runs:
        if "budget_usd" in ahead.spec.own_options or _is_free(session, ahead.spec):
            continue
        estimate = running.estimate(session, ahead.spec, ahead.done)
        budget = ahead.spec.run_options.budget_usd
        whole = estimate.all_usd
        if whole is None:
            # With a budget but no price, a run makes no call.
            unpriced += estimate.all_calls * ahead.times if budget is None else 0
            continue
        left = whole if budget is None else max(0.0, budget - ahead.spent_usd)
        usd += min(whole, left) * ahead.times
    if usd + unpriced * ASSUMED_USD > session.workspace.settings.confirm_above_usd:
        return Cost(usd, unpriced)
    return None


def judging_to_confirm(session: Session, judge: Prompt, ahead: Ahead) -> Cost | None:
    """The cost of asking a judge if it exceeds the settings' `confirm_above`, as of a run."""
    if not ahead.calls or _asks_free(session, judge):
        return None
    cost = Cost(ahead.usd or 0.0, ahead.calls if ahead.usd is None else 0)
    whole = cost.usd + cost.unpriced * ASSUMED_USD
    return cost if whole > session.workspace.settings.confirm_above_usd else None


def _is_free(session: Session, spec: RunSpec) -> bool:
    """Whether its calls are free, as far as known without the list of prices."""
    prompts = (spec.prompt, *(judge.prompt for judge in spec.judges))
    return all(_asks_free(session, prompt) for prompt in prompts)


def _asks_free(session: Session, prompt: Prompt) -> bool:
    settings = session.provider_settings(prompt)
    if settings.is_embedded or settings.kind == COMMAND:
        return True
    model = prompt.model
    if model is None or model.id not in settings.prices:
        return bool(settings.base_url) and is_private_endpoint(settings)
    return price_of(settings, model.id) == FREE


def is_private_endpoint(settings: ProviderSettings) -> bool:
    """Whether the endpoint is on this machine or in a private network."""
    host = (urlsplit(settings.base_url).hostname or "").rstrip(".").lower()
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_private
    except ValueError:
        return "." not in host or host.endswith(_OWN)
