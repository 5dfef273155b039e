"""The kind `http`: your own app behind a URL, so that what is evaluated is all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.providers.base import Answer, Provider, ProviderKind, Request
from workbench.providers.endpoint import Endpoint
from workbench.providers.http.answers import OPTIONS, AnswerPaths
from workbench.providers.http.placeholders import DEFAULT, EXAMPLE, check_template, filled
from workbench.providers.openai_chat.api import Assembling
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.forms import Form
from workbench.providers.openai_chat.kind import asked_over_http
from workbench.providers.openai_chat.stream import Assembled
from workbench.settings import FILE_NAME, ProviderSettings
from workbench.typed_options import Option


@dataclass(frozen=True)
class OwnApp:
    """See `Api`."""

    template: Mapping[str, Any]
    paths: AnswerPaths
    name = "/http"
    asks = "app"
    key_header = "Authorization"
    form = Form(streams=False)

    def root(self, model: str) -> str | None:
        del model
        return None

    def path(self, model: str) -> str:
        del model
        return ""

    def body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        return {**endpoint.extra_body, **filled(self.template, request)}

    def classify(self, raw: bytes, context: CallContext) -> Answer:
        return self.paths.classify(raw, context)

    def assembling(self, context: CallContext, on_text: Callable[[str], None]) -> Assembling:
        return Assembled(context, on_text)


class HttpKind:
    """See `ProviderKind`."""

    summary = "Your own app: a URL that takes JSON, and a path to the answer in what it sends."
    options: Mapping[str, Option] = {
        "request": Option({}, f"The body, with placeholders: {EXAMPLE}."),
        **OPTIONS,
    }

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        where = f"{FILE_NAME} [providers.{settings.name}]"
        template = settings.options["request"] or DEFAULT
        check_template(template, f"{where}: options.request")
        app = OwnApp(template, AnswerPaths.of(settings.options, where))
        asked = {"request": template, "answer": settings.options["answer"]}
        return asked_over_http(settings, environ, app, asked)


KINDS: Mapping[str, ProviderKind] = {"http": HttpKind()}
