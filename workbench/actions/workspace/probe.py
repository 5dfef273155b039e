"""Ask the workspace's providers what they honour, and remember it for the runs to come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from workbench.actions.session import Session
from workbench.actions.trust import check_trust
from workbench.actions.workspace.doctor import Check, Level
from workbench.errors import UsageError, WorkbenchError
from workbench.providers.base import Provider
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
    """One model of one provider, and what a probe of it takes."""

    provider: ProviderSettings
    model: str
    calls: int
    usd: float | None
    """At most about this; None: the price is unknown."""

    @property
    def name(self) -> str:
        return f"{self.provider.name} {self.model}"


@dataclass(frozen=True, slots=True)
class Probed:
    """What a probe said; `found` is None where the provider refused to be asked."""

    target: Target
    check: Check
    found: Probe | None


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
    found = []
    for name, model in named:
        settings = session.workspace.settings.provider(name)
        check_trust(session.workspace, settings)
        price = open_provider(settings).price(model)
        usd = None
        if price is not None:
            usd = (PROMPT_TOKENS * price.input + MOST_ANSWER_TOKENS * price.output) / 1e6
        found.append(Target(settings, model, CALLS, usd))
    return found


def probe_all(
    session: Session, wanted: list[Target], on_start: Callable[[Target], None]
) -> list[Probed]:
    """Probe one after the other, and record what each honours. Blocks."""
    found = []
    for target in wanted:
        on_start(target)
        found.append(_probed(session, target))
    return found


def _probed(session: Session, target: Target) -> Probed:
    from workbench.providers.opening import open_provider

    async def ask(provider: Provider) -> Probe:
        try:
            return await probe(provider, target.model)
        finally:
            await provider.close()

    name = f"probe {target.name}"
    try:
        found = asyncio.run(ask(open_provider(target.provider)))
    except WorkbenchError as error:
        return Probed(target, Check(name, Level.PROBLEM, error.message, error.hint), None)
    session.store.record_probe(found)
    return Probed(target, _check(name, found), found)


def _check(name: str, found: Probe) -> Check:
    long = f"prompts of {LONG_WORDS:,} words"
    if found.reads_long_prompts is False:
        long += f" (it counts {found.prompt_tokens:,} tokens)"
    groups: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for what, honoured in (
        ("seed", found.seed),
        ("response_format", found.response_format),
        ("usage in streams", found.stream_usage),
        (long, found.reads_long_prompts),
    ):
        groups[honoured].append(what)
    said = [
        f"{word} {', '.join(groups[key])}"
        for key, word in ((True, "honours"), (False, "ignores"), (None, "not found out:"))
        if groups[key]
    ]
    if groups[None] and found.error:
        said.append(found.error)
    level = Level.OK if not groups[False] and not groups[None] else Level.WARNING
    return Check(name, level, "; ".join(said))
