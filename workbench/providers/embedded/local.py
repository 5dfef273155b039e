"""The embedded model as a provider; its server starts with the first call and is shared."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Limits, Outcome, Price, Request
from workbench.providers.embedded.gguf import control_tokens
from workbench.providers.embedded.model import EmbeddedModel, EmbeddedServer, find_weights, start
from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.providers.prices import FREE
from workbench.providers.redact import one_line
from workbench.providers.versions import installed_version
from workbench.settings import PLAIN, ProviderSettings

SLOTS = 2
"""Server slots: a run uses one at a time, the other keeps the prefix of concurrent trials."""
AT_ONCE = 1
"""Concurrent calls: answers of calls that share a batch may differ in a token, so one at a time
keeps results reproducible. It costs almost nothing, as one call keeps all cores busy."""
_MORE_CHARS = 24
"""Characters per token; more than in ordinary text."""
_DYING_STEPS = 20
_DYING_STEP_S = 0.025
IDLE_S = 300.0
"""Seconds after its last use at which a server is stopped."""


class LocalModel:
    """A small model in a child process; the sha256 of its weights is its identity."""

    def __init__(self, settings: ProviderSettings) -> None:
        """Raises ExtraMissing when there is neither the extra nor a model file."""
        path = Path(settings.model_path).expanduser() if settings.model_path else None
        self._name = settings.name
        self._model = find_weights(path, plain=settings.chat_template == PLAIN)
        self._limits = Limits(at_once=AT_ONCE)
        self._server: EmbeddedServer | None = None
        self._answers: OpenAICompatible | None = None
        self._starting = asyncio.Lock()
        self._lock = threading.Lock()
        self._closed = False

    takes_files = False
    """Its models read text alone."""

    @property
    def name(self) -> str:
        return self._name

    @property
    def identity(self) -> Mapping[str, Any]:
        identity = {"weights": self._model.sha256, "runtime": f"xllamacpp {_runtime()}"}
        return identity | ({"chat_template": "own"} if self._model.own_template else {})

    @property
    def pins(self) -> Mapping[str, str]:
        """See `providers.pins.Pinned`."""
        tokenizer = self._model.tokenizer
        template = tokenizer.template_sha256 if self._model.own_template else ""
        pins = {
            "weights": self._model.sha256,
            "chat template": template,
            "tokenizer": tokenizer.sha256,
        }
        return {name: digest for name, digest in pins.items() if digest}

    @property
    def limits(self) -> Limits:
        return self._limits

    def price(self, model: str) -> Price | None:
        del model
        return FREE

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`; starting the server does not count against the timeout.

        After a crash the next call starts the server again.
        """
        token = await asyncio.to_thread(self._control_token_in, request)
        if token:
            error = f"a message holds {token}, a control token of {self._model.path.name}"
            return Answer(Outcome.UNSENT, error=f"{error}: it would end the message there")
        answers, server = await self._started()
        answer = await answers.answer(request, timeout_s=timeout_s, on_text=on_text)
        if self._model.own_template and _is_unread(request, answer):
            raise ProviderError(
                f"the chat template of {self._model.path.name} leaves the messages out",
                hint='chat_template = "plain" in the provider\'s table joins them as they are',
            )
        if answer.outcome is not Outcome.PROVIDER_ERROR or answer.status is not None:
            return answer
        if await _is_still_alive(server):
            return answer
        last_line = one_line(server.last_log_line)
        error = "the embedded model crashed" + (f": {last_line}" if last_line else "")
        return replace(answer, error=error, retry=True)

    def _control_token_in(self, request: Request) -> str:
        """A control token in a message's text, which the model would take for the end of that
        message or the begin of another; empty without one. Messages that are joined as they are
        have no roles that a text could forge.
        """
        if not self._model.own_template:
            return ""
        texts = [message.content for message in request.messages]
        return next((one for one in self._control_tokens if any(one in t for t in texts)), "")

    @cached_property
    def _control_tokens(self) -> tuple[str, ...]:
        return tuple(filter(None, control_tokens(self._model.path)))

    async def _started(self) -> tuple[OpenAICompatible, EmbeddedServer]:
        async with self._starting:
            if self._server is not None and not self._server.alive:
                await self._release()
            server = self._server
            if server is None:
                server = await asyncio.to_thread(self._start)
            if self._answers is None:
                endpoint = Endpoint(self._name, server.base_url.rstrip("/"), server.api_key)
                self._answers = OpenAICompatible(endpoint, self.identity, self.price, self._limits)
            return self._answers, server

    def _start(self) -> EmbeddedServer:
        """Runs in a thread; the caller may have been cancelled when it ends."""
        server = _SERVERS.enter(self._model, SLOTS)
        with self._lock:
            if self._closed:
                _SERVERS.leave(server)
            else:
                self._server = server
        return server

    async def close(self) -> None:
        with self._lock:
            self._closed = True
        await self._release()

    async def _release(self) -> None:
        answers, self._answers = self._answers, None
        server, self._server = self._server, None
        try:
            if answers is not None:
                await answers.close()
        finally:
            if server is not None:
                _SERVERS.leave(server)


async def _is_still_alive(server: EmbeddedServer) -> bool:
    """Whether the server is still alive after a connection broke.

    A killed process ends some milliseconds after its connections.
    """
    for _ in range(_DYING_STEPS):
        if not server.alive:
            return False
        await asyncio.sleep(_DYING_STEP_S)
    return True


class _Servers:
    """The servers of this process by weights and template, shared because loading takes seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, EmbeddedServer] = {}
        self._users: dict[str, int] = {}
        self._timers: dict[str, threading.Timer] = {}

    def enter(self, model: EmbeddedModel, slots: int) -> EmbeddedServer:
        """Take a server of that model, starting it if needed. Blocks. Raises `start`'s errors."""
        with self._lock:
            timer = self._timers.pop(model.key, None)
            if timer is not None:
                timer.cancel()
            server = self._running.get(model.key)
            if server is None or not server.alive:
                if server is not None:
                    server.close()
                server = self._running[model.key] = start(model, slots)
            self._users[model.key] = self._users.get(model.key, 0) + 1
            return server

    def leave(self, server: EmbeddedServer) -> None:
        """Release a server; without users it is stopped after a while."""
        key = server.model.key
        with self._lock:
            self._users[key] -= 1
            if self._users[key] == 0 and key not in self._timers:
                timer = threading.Timer(IDLE_S, self._end_idle, [key])
                timer.daemon = True
                timer.start()
                self._timers[key] = timer

    def close(self) -> None:
        """Stop all servers."""
        with self._lock:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()
            for server in self._running.values():
                server.close()
            self._running.clear()

    def _end_idle(self, key: str) -> None:
        with self._lock:
            self._timers.pop(key, None)
            if self._users.get(key) == 0 and key in self._running:
                self._running.pop(key).close()


def _runtime() -> str:
    return installed_version("xllamacpp")


def _is_unread(request: Request, answer: Answer) -> bool:
    """Whether the model received nothing but the begin-of-text token."""
    sent = sum(len(message.content.strip()) for message in request.messages)
    return answer.prompt_tokens is not None and answer.prompt_tokens <= 1 and sent >= _MORE_CHARS


_SERVERS = _Servers()
atexit.register(_SERVERS.close)
