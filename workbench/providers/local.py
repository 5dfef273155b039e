"""The embedded model as a provider: its server starts with the first call."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.providers.embedded import find_weights
from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_compatible import OpenAICompatible
from workbench.providers.prices import FREE
from workbench.providers.values import Answer, Limits, Price, Request
from workbench.settings import ProviderSettings

if TYPE_CHECKING:
    from workbench.providers.embedded import EmbeddedServer

MOST_SLOTS = 4


class LocalModel:
    """A small model in a child process; the sha256 of its weights is its identity."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Raises ExtraMissing when neither the extra nor a model file is there."""
        path = Path(settings.model_path).expanduser() if settings.model_path else None
        self._name = settings.name
        self._model = find_weights(path)
        self._slots = max(1, min(MOST_SLOTS, os.cpu_count() or 1))
        self._server: EmbeddedServer | None = None
        self._answers: OpenAICompatible | None = None
        self._starting = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._name

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"weights": self._model.sha256}

    @property
    def limits(self) -> Limits:
        return Limits(at_once=self._slots)

    def price(self, model: str) -> Price | None:
        del model
        return FREE

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`; starting the server does not count against the deadline."""
        answers = await self._started()
        return await answers.answer(request, timeout_s=timeout_s, on_text=on_text)

    async def _started(self) -> OpenAICompatible:
        async with self._starting:
            if self._answers is None:
                self._answers = await asyncio.to_thread(self._start)
            return self._answers

    def _start(self) -> OpenAICompatible:
        from workbench.providers.embedded import start

        self._server = start(self._model, self._slots)
        endpoint = Endpoint(self._name, self._server.base_url.rstrip("/"), self._server.api_key)
        return OpenAICompatible(endpoint, self.identity, self.price, {}, self.limits)

    async def close(self) -> None:
        answers, self._answers = self._answers, None
        server, self._server = self._server, None
        try:
            if answers is not None:
                await answers.close()
        finally:
            if server is not None:
                await asyncio.to_thread(server.close)
