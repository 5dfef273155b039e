"""Opens providers from settings, without heavy imports, processes or calls."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

from workbench.providers.base import Limits, Provider
from workbench.providers.endpoint import endpoint_of
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.providers.prices import price_of
from workbench.providers.versions import sdk_version
from workbench.settings import ProviderSettings

_OWN_FILES = 64
"""File descriptors reserved for the store, the screen and child processes."""


def open_provider(
    settings: ProviderSettings, *, environ: Mapping[str, str] | None = None
) -> Provider:
    """The provider that the settings describe, ready for its first call.

    Raises SettingsError for an invalid address or key, ExtraMissing when the embedded model is not
    installed.
    """
    variables = os.environ if environ is None else environ
    if settings.is_embedded:
        from workbench.providers.embedded.local import LocalModel

        return LocalModel(settings)
    endpoint = endpoint_of(settings, variables)
    identity = {"endpoint": endpoint.base_url, "sdk": f"openai {sdk_version()}"}
    limits = Limits(
        at_once=_most_connections(),
        requests_per_minute=settings.requests_per_minute or None,
        tokens_per_minute=settings.tokens_per_minute or None,
    )
    return OpenAICompatible(endpoint, identity, partial(price_of, settings), limits)


def _most_connections() -> int | None:
    """Maximum number of connections by the limit of open files; each call needs one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return None
    return max(1, most - min(_OWN_FILES, most // 2))
