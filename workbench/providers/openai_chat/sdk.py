"""The openai client, without the settings that it would take from the environment.

This module imports the SDK, which takes half a second: import it only where a batch is sent.
"""

from __future__ import annotations

from typing import Any

import openai

from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_chat.http_client import TIMEOUT, opened

# What the SDK tells endpoints about this machine; answers do not depend on it.
_MACHINE = tuple(
    f"X-Stainless-{what}"
    for what in ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version", "Async")
)


def open_sdk(endpoint: Endpoint, key_header: str = "Authorization") -> openai.AsyncOpenAI:
    """A client for that endpoint, without retries, redirects or a timeout of its own."""
    headers: dict[str, Any] = {name: openai.Omit() for name in (*_MACHINE, *endpoint.unwanted)}
    headers |= dict(endpoint.headers) | dict(endpoint.secret_headers)
    if key_header != "Authorization":
        headers |= {"Authorization": openai.Omit(), key_header: endpoint.key}
    return openai.AsyncOpenAI(
        api_key=endpoint.key or "none",
        admin_api_key="",
        webhook_secret="",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=TIMEOUT,
        default_headers=headers,
        default_query=dict(endpoint.query) or None,
        http_client=opened(endpoint)(),
    )
