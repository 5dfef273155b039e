"""A provider of a plug-in, held to what `Provider` promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workbench.errors import PluginError, WorkbenchError
from workbench.fingerprints import canonical_json
from workbench.plugins import Plugin, lacks
from workbench.providers.base import Answer, Limits, Outcome, Price, Provider, Request
from workbench.providers.prices import price_of
from workbench.providers.redact import one_line, storable
from workbench.settings import ProviderSettings


class PluginProvider:
    """Its failures are answers that say so, its deadline is kept, and what it leaves out is added:
    latency, cost, and the plug-in's version in the identity, so that another one's answers are
    not taken for its own.
    """

    def __init__(
        self, provider: Provider, settings: ProviderSettings, plugin: Plugin, secret: str = ""
    ) -> None:
        """Raises PluginError when the object is no provider."""
        problem = lacks(provider, Provider)
        if problem:
            raise PluginError(f"the provider of {plugin} cannot be used: {problem}")
        self._provider = provider
        self._settings = settings
        self._plugin = plugin
        self._secrets = (secret,) if secret else ()
        self._identity = {**provider.identity, "plugin": str(plugin)}
        try:
            canonical_json(self._identity)
        except (TypeError, ValueError) as error:
            raise PluginError(f"the identity that {plugin} gives is no JSON: {error}") from error

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._identity

    @property
    def limits(self) -> Limits:
        own = self._provider.limits
        return replace(
            own,
            requests_per_minute=self._settings.requests_per_minute or own.requests_per_minute,
            tokens_per_minute=self._settings.tokens_per_minute or own.tokens_per_minute,
        )

    @property
    def takes_files(self) -> bool:
        """Whether it may be sent images and documents."""
        return bool(getattr(self._provider, "takes_files", True))

    def price(self, model: str) -> Price | None:
        """The settings' own price, else what the plug-in says."""
        return price_of(self._settings, model) or self._provider.price(model)

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._provider.answer(request, timeout_s=timeout_s, on_text=on_text)
            if not isinstance(answer, Answer):
                raise TypeError(f"it gave {type(answer).__name__}, not an Answer")
        except TimeoutError:
            error = f"{self._plugin} did not finish within {timeout_s:g} s"
            answer = Answer(Outcome.TIMED_OUT, error=error, retry=True, maybe_billed=True)
        except WorkbenchError:
            raise
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything
            text = one_line(f"{type(error).__name__}: {error}", self._secrets)
            answer = Answer(Outcome.PROVIDER_ERROR, error=f"{self._plugin} failed: {text}")
        latency = answer.latency_s
        if latency is None:
            latency = time.perf_counter() - started
        return replace(
            answer,
            text=storable(answer.text),
            error=one_line(answer.error, self._secrets),
            latency_s=latency,
            cost_usd=self._cost(request, answer),
        )

    def _cost(self, request: Request, answer: Answer) -> float | None:
        price = self.price(request.model)
        if answer.cost_usd is not None or price is None or answer.outcome.is_error:
            return answer.cost_usd
        return price.cost(answer.prompt_tokens, answer.completion_tokens)

    async def close(self) -> None:
        await self._provider.close()
