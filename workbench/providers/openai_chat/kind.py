"""The kind `openai`: every endpoint that speaks the OpenAI chat completions API."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from workbench.providers.base import Limits, Provider, ProviderKind
from workbench.providers.endpoint import endpoint_of
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.providers.prices import price_of
from workbench.providers.versions import sdk_version
from workbench.settings import ProviderSettings
from workbench.typed_options import Option

_OWN_FILES = 64
"""For the store, the screen, and the processes of scorers."""


class OpenAIKind:
    """See `ProviderKind`."""

    summary = "An endpoint that speaks the OpenAI chat completions API."
    options: Mapping[str, Option] = {}

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        endpoint = endpoint_of(settings, environ)
        identity = {"endpoint": endpoint.base_url, "sdk": f"openai {sdk_version()}"}
        limits = Limits(
            at_once=_most_connections(),
            requests_per_minute=settings.requests_per_minute or None,
            tokens_per_minute=settings.tokens_per_minute or None,
        )
        return OpenAICompatible(endpoint, identity, partial(price_of, settings), limits)


KINDS: Mapping[str, ProviderKind] = {"openai": OpenAIKind()}


def _most_connections() -> int | None:
    """How many files this process may have open beside its own; each call takes one."""
    try:
        import resource
    except ImportError:  # there is no such limit on Windows
        return None
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most == resource.RLIM_INFINITY:
        return None
    return max(1, most - min(_OWN_FILES, most // 2))
