"""The kind `command`: a program of your own answers, one process per call."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.errors import ProviderError
from workbench.providers.base import Answer, Limits, Outcome, Price, Provider, ProviderKind, Request
from workbench.providers.command.program import EXAMPLE, program_digest, program_of
from workbench.providers.failures import MAX_BODY_BYTES
from workbench.providers.http.answers import OPTIONS, AnswerPaths
from workbench.providers.http.placeholders import DEFAULT, check_template, filled
from workbench.providers.openai_chat.call_context import CallContext, EndpointHistory
from workbench.providers.prices import price_of
from workbench.settings import FILE_NAME, ProviderSettings
from workbench.typed_options import Option

_PASSED_ON = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("VIRTUAL_ENV", "SYSTEMROOT", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA"),
)
"""What the program sees of the environment, beside the variables that the settings name."""
_MOST_STDERR = 64_000


class CommandKind:
    """See `ProviderKind`."""

    summary = "A program that reads a request as JSON on stdin and prints the answer."
    options: Mapping[str, Option] = {
        "command": Option([], f"The program and its arguments: {EXAMPLE}."),
        "request": Option({}, "What it reads, with placeholders; else messages and options."),
        "at_once": Option(0, "Processes at once; 0: as many as processors.", least=0, most=256),
        **OPTIONS,
    }

    def open(self, settings: ProviderSettings, environ: Mapping[str, str]) -> Provider:
        where = f"{FILE_NAME} [providers.{settings.name}]"
        folder = Path(settings.folder or ".")
        command = settings.options["command"]
        template = settings.options["request"] or DEFAULT
        check_template(template, f"{where}: options.request")
        return CommandProvider(
            settings,
            program_of(command, folder, where),
            {"command": list(command), "program": program_digest(command, folder)},
            template,
            AnswerPaths.of(settings.options, where),
            {name: environ[name] for name in _PASSED_ON if name in environ}
            | {
                name: environ[name]
                for name in filter(None, (settings.api_key_env, *settings.headers_env.values()))
                if name in environ
            },
        )


class CommandProvider:
    """See `Provider`. Each call is a process of its own, which is killed with its children."""

    takes_files = True

    def __init__(
        self,
        settings: ProviderSettings,
        command: Sequence[str],
        identity: Mapping[str, Any],
        template: Mapping[str, Any],
        paths: AnswerPaths,
        variables: Mapping[str, str],
    ) -> None:
        self._settings = settings
        self._command = command
        self._identity = {**identity, "request": template, "answer": settings.options["answer"]}
        self._template = template
        self._paths = paths
        self._variables = variables
        self._history = EndpointHistory()

    @property
    def name(self) -> str:
        return self._settings.name

    @property
    def identity(self) -> Mapping[str, Any]:
        return self._identity

    @property
    def limits(self) -> Limits:
        return Limits(
            self._settings.options["at_once"] or os.cpu_count() or 1,
            self._settings.requests_per_minute or None,
            self._settings.tokens_per_minute or None,
        )

    def price(self, model: str) -> Price | None:
        """What the settings say; a program of one's own is otherwise free."""
        return price_of(self._settings, model) or Price(0.0, 0.0)

    async def answer(
        self,
        request: Request,
        *,
        timeout_s: float,
        on_text: Callable[[str], None] | None = None,
    ) -> Answer:
        """See `Provider.answer`; what the program prints is read when it has ended."""
        started = time.perf_counter()
        context = self._context(request.model)
        asked = json.dumps(filled(self._template, request), ensure_ascii=False)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._run(asked.encode("utf-8", "replace"), context)
        except TimeoutError:
            text = f"{context.host} did not finish within {timeout_s:g} s"
            answer = Answer(Outcome.TIMED_OUT, error=text, retry=True, maybe_billed=True)
        answer = replace(answer, latency_s=time.perf_counter() - started)
        if not answer.outcome.is_error:
            self._history.answered = True
            if on_text is not None and answer.text:
                on_text(answer.text)
        if answer.cost_usd is None and not answer.outcome.is_error:
            price = self.price(request.model)
            cost = price.cost(answer.prompt_tokens, answer.completion_tokens) if price else None
            answer = replace(answer, cost_usd=cost)
        return answer

    async def close(self) -> None:
        """Nothing is open between calls."""

    async def _run(self, asked: bytes, context: CallContext) -> Answer:
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                cwd=self._settings.folder or None,
                env=dict(self._variables),
                start_new_session=True,
            )
        except OSError as error:
            raise ProviderError(
                f"{context.host} cannot be run: {error.strerror}", hint=EXAMPLE
            ) from error
        try:
            printed, complaint = await _exchanged(process, asked)
            if printed is None:
                text = f"{context.host} printed more than an answer can hold"
                return Answer(Outcome.INVALID, error=text, maybe_billed=True)
            code = await process.wait()
        finally:
            await _end(process)
        if code:
            return self._failed(code, complaint, context)
        return self._paths.classify(printed.removesuffix(b"\n").removesuffix(b"\r"), context)

    def _failed(self, code: int, complaint: bytes, context: CallContext) -> Answer:
        lines = complaint.decode("utf-8", "replace").strip().splitlines()
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        error = f"{context.host} {ended}" + (f": {context.line(lines[-1])}" if lines else "")
        return Answer(Outcome.PROVIDER_ERROR, error=error, retry=True, maybe_billed=True)

    def _context(self, model: str) -> CallContext:
        secrets = tuple(v for name, v in self._variables.items() if name not in _PASSED_ON)
        shown = self._settings.options["command"][0]
        return CallContext(str(shown), model, secrets, self._history, self.name, asks="answer")


async def _exchanged(
    process: asyncio.subprocess.Process, asked: bytes
) -> tuple[bytes | None, bytes]:
    """What the program printed, or None when that is too much, and the end of its stderr."""
    assert process.stdin and process.stdout and process.stderr
    writing = asyncio.ensure_future(_write(process.stdin, asked))
    complaining = asyncio.ensure_future(_last_bytes(process.stderr))
    try:
        pieces, size = list[bytes](), 0
        while piece := await process.stdout.read(1 << 16):
            size += len(piece)
            if size > MAX_BODY_BYTES:
                return None, b""
            pieces.append(piece)
        await writing
        return b"".join(pieces), await complaining
    finally:
        writing.cancel()
        complaining.cancel()


async def _write(stream: asyncio.StreamWriter, asked: bytes) -> None:
    """A program need not read what it is asked."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        stream.write(asked)
        await stream.drain()
    stream.close()


async def _last_bytes(stream: asyncio.StreamReader) -> bytes:
    kept = b""
    while piece := await stream.read(1 << 14):
        kept = (kept + piece)[-_MOST_STDERR:]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the process and what it started, if anything still runs."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


KINDS: Mapping[str, ProviderKind] = {"command": CommandKind()}
