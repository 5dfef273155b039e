"""The kinds `openai` and `azure`: endpoints that speak the OpenAI chat completions API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import quote

from workbench.providers.base import Limits, Provider, ProviderKind, Request
from workbench.providers.endpoint import Endpoint, endpoint_of
from workbench.providers.openai_chat.api import CHAT, Api, ChatCompletions
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
        return asked_over_http(settings, environ, CHAT)


class AzureKind:
    """Azure OpenAI: `base_url` is the resource's address, `model.id` names the deployment."""

    summary = "Azure OpenAI: a deployment of a resource, with its key in the header api-key."
    options: Mapping[str, Option] = {
        "deployment": Option("", "Asked for every model; empty: the one that model.id names."),
        "api_version": Option("", "For example 2024-10-21; empty: the v1 API, which has none."),
    }

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        deployment, version = settings.options["deployment"], settings.options["api_version"]
        if version:
            settings = replace(settings, query={**settings.query, "api-version": version})
        return asked_over_http(settings, environ, Azure(deployment, bool(version)))


@dataclass(frozen=True, slots=True)
class Azure(ChatCompletions):
    """Chat completions below a deployment's address, or with the deployment as the model."""

    deployment: str
    dated: bool
    """Whether an api-version is sent: then the deployment is a part of the address."""
    name = "/openai"
    key_header = "api-key"

    def root(self, model: str) -> str:
        if not self.dated:
            return "/openai/v1"
        return f"/openai/deployments/{quote(self.deployment or model, safe='')}"

    def body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        body = endpoint.body(request)
        return {**body, "model": self.deployment or request.model}


def asked_over_http(
    settings: ProviderSettings,
    environ: Mapping[str, str],
    api: Api,
    identity: Mapping[str, Any] | None = None,
) -> OpenAICompatible:
    """A provider that asks an endpoint in that API; `identity` adds to the endpoint's.

    Raises SettingsError.
    """
    endpoint = endpoint_of(settings, environ)
    added = {"api": api.name} if api.name else {}
    identity = {**endpoint.identity, "sdk": f"openai {sdk_version()}", **added, **(identity or {})}
    limits = Limits(
        at_once=_most_connections(),
        requests_per_minute=settings.requests_per_minute or None,
        tokens_per_minute=settings.tokens_per_minute or None,
    )
    return OpenAICompatible(endpoint, identity, partial(price_of, settings), limits, api)


KINDS: Mapping[str, ProviderKind] = {"openai": OpenAIKind(), "azure": AzureKind()}


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
