"""A provider that answers with the first known word of the last message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.errors import SettingsError
from workbench.providers.base import Answer, Limits, Outcome, Price, Provider, Request
from workbench.settings import ProviderSettings
from workbench.typed_options import Option


class WordList:
    """Gives the first of the options' words that stands in the message."""

    summary = "Answers with the first of its words that the last message holds."
    options: Mapping[str, Option] = {
        "words": Option([], "The words that it knows."),
        "otherwise": Option("unknown", "The answer when there is none of them."),
    }

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        if not settings.options["words"]:
            raise SettingsError(f"[providers.{settings.name}.options] needs words")
        return WordProvider(settings)


class WordProvider:
    """See `workbench.providers.base.Provider`."""

    def __init__(self, settings: ProviderSettings) -> None:
        self._settings = settings
        self._words = [str(word) for word in settings.options["words"]]

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def identity(self) -> Mapping[str, Any]:
        return {"words": self._words, "otherwise": self._settings.options["otherwise"]}

    @property
    def limits(self) -> Limits:
        return Limits(at_once=4)

    def price(self, model: str) -> Price | None:
        return Price(0.0, 0.0)

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        asked = request.messages[-1].content.split()
        if "crash" in asked:
            raise RuntimeError("it fell over")
        text = next((word for word in self._words if word in asked), "")
        text = text or str(self._settings.options["otherwise"])
        if on_text:
            on_text(text)
        return Answer(Outcome.OK, text, model=request.model, prompt_tokens=len(asked))

    async def close(self) -> None:
        """There is nothing to give back."""
