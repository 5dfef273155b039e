"""From settings to a provider. Nothing is imported, started or called before the first answer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from workbench.providers.endpoint import endpoint_of
from workbench.providers.openai_compatible import OpenAICompatible
from workbench.providers.prices import price_of
from workbench.providers.values import Limits, Provider
from workbench.providers.versions import sdk_version
from workbench.settings import ProviderSettings


def open_provider(
    settings: ProviderSettings, *, environ: Mapping[str, str] | None = None
) -> Provider:
    """The provider that the settings describe, ready for its first call.

    Raises SettingsError when address or key cannot be right, ExtraMissing when the embedded
    model is not installed.
    """
    variables = os.environ if environ is None else environ
    if settings.is_embedded:
        from workbench.providers.local import LocalModel

        return LocalModel(settings)
    endpoint = endpoint_of(settings, variables)
    identity = {"endpoint": endpoint.base_url, "sdk": f"openai {sdk_version()}"}
    limits = Limits(
        requests_per_minute=settings.requests_per_minute or None,
        tokens_per_minute=settings.tokens_per_minute or None,
    )
    return OpenAICompatible(endpoint, identity, partial(price_of, settings), limits)
