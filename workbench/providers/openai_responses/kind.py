"""The kind `openai-responses`: endpoints that speak OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from workbench.providers.base import Answer, Provider, ProviderKind, Request
from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_chat.api import Assembling
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.forms import Form
from workbench.providers.openai_chat.kind import asked_over_http
from workbench.providers.openai_responses.answers import classify_response
from workbench.providers.openai_responses.requests import response_body
from workbench.providers.openai_responses.stream import StreamedResponse
from workbench.settings import ProviderSettings
from workbench.typed_options import Option


class Responses:
    """See `Api`. Nothing is stored at the endpoint: each request has the whole conversation."""

    name = "/responses"
    asks = "Responses API"
    key_header = "Authorization"
    form = Form(stream_options=False)

    def root(self, model: str) -> str | None:
        del model
        return ""

    def path(self, model: str) -> str:
        del model
        return "/responses"

    def body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        return {"store": False, **endpoint.extra_body, **response_body(request)}

    def classify(self, raw: bytes, context: CallContext) -> Answer:
        return classify_response(raw, context)

    def assembling(self, context: CallContext, on_text: Callable[[str], None]) -> Assembling:
        return StreamedResponse(context, on_text)


class ResponsesKind:
    """See `ProviderKind`."""

    summary = "An endpoint that speaks OpenAI's Responses API, with tools and reasoning effort."
    options: Mapping[str, Option] = {}

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        return asked_over_http(settings, environ, Responses())


KINDS: Mapping[str, ProviderKind] = {"openai-responses": ResponsesKind()}
