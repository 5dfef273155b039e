"""From settings to a provider. Nothing is imported, started or called before the first answer."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

from workbench.providers.endpoint import endpoint_of
from workbench.providers.openai_compatible import OpenAICompatible
from workbench.providers.prices import price_of
from workbench.providers.values import Limits, Provider
from workbench.settings import ProviderSettings

_VERSION = re.compile(r"""__version__\s*=\s*["']([^"']+)""")


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
    return OpenAICompatible(endpoint, identity, partial(price_of, settings), variables, limits)


@lru_cache(maxsize=1)
def sdk_version() -> str:
    """The version of the installed openai package, read without importing it."""
    spec = find_spec("openai")
    if spec is None or spec.origin is None:
        return "unknown"
    try:
        found = _VERSION.search(Path(spec.origin).with_name("_version.py").read_text("utf-8"))
    except OSError:
        return "unknown"
    return found.group(1) if found else "unknown"
