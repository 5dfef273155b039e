"""Probes which options the workspace's providers honour, and stores the results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from workbench.actions.session import Session
from workbench.actions.trust import check_trust
from workbench.actions.workspace.checks import Check, Level
from workbench.errors import UsageError, WorkbenchError
from workbench.providers.base import ListsModels, Provider
from workbench.providers.probe import (
    CALLS,
    LONG_WORDS,
    MOST_ANSWER_TOKENS,
    PROMPT_TOKENS,
    Probe,
    probe,
)
from workbench.settings import ProviderSettings


@dataclass(frozen=True, slots=True)
class Target:
    """One model of one provider, and the cost of probing it."""

    provider: ProviderSettings
    model: str
    calls: int
    usd: float | None
    """Estimated maximum cost in US dollars; None: the price is unknown."""

    @property
    def name(self) -> str:
        return f"{self.provider.name} {self.model}"


@dataclass(frozen=True, slots=True)
class Probed:
    """The result of a probe; `result` is None where the provider refused."""

    target: Target
    check: Check
    result: Probe | None


def targets(session: Session, provider: str = "") -> list[Target]:
    """The models that the drafts name, of all providers or of one.

    Raises UsageError when there are none, and UntrustedWorkspace before any call.
    """
    from workbench.providers.opening import open_provider

    if provider:
        session.workspace.settings.provider(provider)
    models = [
        session.workspace.draft(path).prompt.model for path in session.workspace.draft_paths()
    ]
    named = sorted({(m.provider, m.id) for m in models if m and provider in ("", m.provider)})
    if not named:
        of = f" of the provider {provider}" if provider else ""
        raise UsageError(f"no draft names a model{of}", hint="model: {id: NAME, provider: NAME}")
    listed = []
    for name, model in named:
        settings = session.workspace.settings.provider(name)
        check_trust(session.workspace, settings)
        price = open_provider(settings).price(model)
        usd = None if price is None else price.total(PROMPT_TOKENS, MOST_ANSWER_TOKENS)
        listed.append(Target(settings, model, CALLS, usd))
    return listed


def probe_all(
    session: Session, targets: list[Target], on_start: Callable[[Target], None]
) -> list[Probed]:
    """Probe one after the other and store the results. Blocks."""
    results = []
    for target in targets:
        on_start(target)
        results.append(_probed(session, target))
    return results


def listed_retirements(targets: list[Target]) -> dict[tuple[str, str], date]:
    """The day on which a model retires, by provider and model, as the targets' endpoints list it.
    An endpoint that lists nothing adds nothing. Blocks.
    """
    from workbench.providers.opening import open_provider

    async def ask(provider: Provider) -> Mapping[str, date | None]:
        try:
            return await provider.models() if isinstance(provider, ListsModels) else {}
        finally:
            await provider.close()

    listed: dict[tuple[str, str], date] = {}
    for settings in {target.provider.name: target.provider for target in targets}.values():
        with suppress(WorkbenchError):  # compatible servers need not list their models
            days = asyncio.run(ask(open_provider(settings)))
            listed |= {(settings.name, model): day for model, day in days.items() if day}
    return listed


def _probed(session: Session, target: Target) -> Probed:
    from workbench.providers.opening import open_provider

    async def ask(provider: Provider) -> Probe:
        try:
            return await probe(provider, target.model)
        finally:
            await provider.close()

    name = f"probe {target.name}"
    try:
        result = asyncio.run(ask(open_provider(target.provider)))
    except WorkbenchError as error:
        return Probed(target, Check(name, Level.PROBLEM, error.message, error.hint), None)
    session.store.record_probe(result)
    return Probed(target, _check(name, result), result)


def _check(name: str, result: Probe) -> Check:
    long = f"prompts of {LONG_WORDS:,} words"
    if result.reads_long_prompts is False:
        long += f" (it counts {result.prompt_tokens:,} tokens)"
    groups: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for what, honoured in (
        ("seed", result.seed),
        ("response_format", result.response_format),
        ("usage in streams", result.stream_usage),
        (long, result.reads_long_prompts),
    ):
        groups[honoured].append(what)
    parts = [
        f"{word} {', '.join(groups[key])}"
        for key, word in ((True, "honours"), (False, "ignores"), (None, "not found out:"))
        if groups[key]
    ]
    if groups[None] and result.error:
        parts.append(result.error)
    level = Level.OK if not groups[False] and not groups[None] else Level.WARNING
    return Check(name, level, "; ".join(parts))
