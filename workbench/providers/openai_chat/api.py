"""What differs between the APIs that are asked over HTTP: addresses, bodies, and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from workbench.providers.base import Answer, Request
from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.classify import classify_body
from workbench.providers.openai_chat.forms import Form
from workbench.providers.openai_chat.stream import Assembled


class Assembling(Protocol):
    """Puts an answer together from the pieces of a stream."""

    done: bool

    @property
    def started(self) -> bool:
        """Whether the first token has arrived."""

    def feed(self, data: bytes) -> None:
        """Take the next bytes, split anywhere. Raises ProviderError like `answer`."""

    def answer(self) -> Answer:
        """The classified answer. Raises ProviderError for an error that every call would get."""


class Api(Protocol):
    """One API: `OpenAICompatible` sends its requests and bounds time, size and attempts."""

    @property
    def name(self) -> str:
        """Empty for chat completions; what is learned of an endpoint is kept by it."""

    @property
    def asks(self) -> str:
        """What it asks an endpoint for, in words."""

    @property
    def key_header(self) -> str:
        """The header that carries the key."""

    @property
    def form(self) -> Form:
        """The form of the first request."""

    def root(self, model: str) -> str | None:
        """What stands before each path of OpenAI's API there; None: it is another API."""

    def path(self, model: str) -> str:
        """Of the request, below the endpoint's address."""

    def body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        """The body of the request. Raises UsageError for what the API cannot be asked."""

    def classify(self, raw: bytes, context: CallContext) -> Answer:
        """The answer in a body that came with status 200. Raises ProviderError."""

    def assembling(self, context: CallContext, on_text: Callable[[str], None]) -> Assembling:
        """Takes a stream; `on_text` gets each piece of text."""


class ChatCompletions:
    """OpenAI's chat completions, and what speaks the same."""

    name = ""
    asks = "chat completions"
    key_header = "Authorization"
    form = Form()

    def root(self, model: str) -> str | None:
        del model
        return ""

    def path(self, model: str) -> str:
        return f"{self.root(model)}/chat/completions"

    def body(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        return endpoint.body(request)

    def classify(self, raw: bytes, context: CallContext) -> Answer:
        return classify_body(raw, context)

    def assembling(self, context: CallContext, on_text: Callable[[str], None]) -> Assembling:
        return Assembled(context, on_text)


CHAT = ChatCompletions()
