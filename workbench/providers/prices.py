"""Token prices and context windows of models. An unknown one is None, never 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import SettingsError
from workbench.providers.base import Price
from workbench.settings import ProviderSettings

_SAMPLE_TOKENS = 1000
FREE = Price(0.0, 0.0)


def price_of(settings: ProviderSettings, model: str) -> Price | None:
    """The price of `model`: from the settings, else from the public list for that endpoint.

    The embedded model is free. Raises SettingsError for an invalid price.
    """
    if settings.is_embedded:
        return FREE
    own = settings.prices.get(model)
    if own is not None:
        return _own(own, f"[providers.{settings.name}] prices.{model}")
    listed = _listed(settings.base_url, model)
    return listed.price if listed else None


def context_window(settings: ProviderSettings, model: str) -> int | None:
    """How many tokens prompt and answer may have together: of the embedded model, else from the
    public list for that endpoint.
    """
    if settings.is_embedded:
        from workbench.providers.embedded.model import CONTEXT_TOKENS

        return CONTEXT_TOKENS
    listed = _listed(settings.base_url, model)
    return listed.context_window if listed else None


def _own(value: Any, where: str) -> Price:
    if isinstance(value, Mapping) and set(value) == {"input", "output"}:
        numbers = [value["input"], value["output"]]
        if all(_is_price(number) for number in numbers):
            return Price(float(numbers[0]), float(numbers[1]))
    raise SettingsError(
        f"{where} must be {{input = USD, output = USD}}", hint="US dollars per million tokens"
    )


def _is_price(number: Any) -> bool:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and number >= 0


@dataclass(frozen=True, slots=True)
class _Listed:
    price: Price
    context_window: int | None


@lru_cache(maxsize=64)
def _listed(base_url: str, model: str) -> _Listed | None:
    """From the package genai-prices, which lists public endpoints and their models."""
    host = urlsplit(base_url).hostname or ""
    if "." not in host or host.replace(".", "").isdigit() or ":" in host:
        return None  # a host in a private network: not worth loading the list
    from genai_prices import Usage, calc_price

    usage = Usage(input_tokens=_SAMPLE_TOKENS, output_tokens=_SAMPLE_TOKENS)
    try:
        calculated = calc_price(usage, model, provider_api_url=base_url)
    except (LookupError, ValueError):
        return None
    scale = 1_000_000 / _SAMPLE_TOKENS
    price = Price(float(calculated.input_price) * scale, float(calculated.output_price) * scale)
    return _Listed(price, calculated.model.context_window)
