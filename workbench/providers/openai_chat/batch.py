"""Half-price batches of the OpenAI API: a file of requests in, files of responses within a day.

Responses come in any order in two files and are joined by custom id; a batch that expires or is
cancelled returns those that were ready.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from workbench.errors import BatchRefused, ProviderError, UsageError
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.failures import classify_failure
from workbench.providers.openai_chat.call_context import CallContext, invalid
from workbench.providers.openai_chat.classify import classify_completion, classify_status
from workbench.providers.openai_chat.client import OpenAICompatible
from workbench.providers.openai_chat.error_bodies import read_error
from workbench.providers.openai_chat.forms import FORMS
from workbench.providers.retry_policy import POLICY

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types import Batch

PRICE = 0.5
"""Price relative to the same calls made synchronously."""
MOST_REQUESTS = 50_000
MOST_BYTES = 200_000_000
_UNDER_WAY = ("validating", "in_progress", "finalizing", "cancelling")
_URL: Literal["/v1/chat/completions"] = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class BatchState:
    """State of a batch."""

    batch_id: str
    status: str
    """The API's status: in_progress, completed, failed, expired, cancelled, ..."""
    done: int
    total: int
    error: str = ""
    output_file: str | None = None
    error_file: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the batch has ended."""
        return self.status not in _UNDER_WAY


@dataclass(frozen=True, slots=True)
class BatchAnswers:
    """The answers of a batch."""

    by_custom_id: Mapping[str, Answer]
    unreadable: int
    """Number of lines that are not JSON objects with a custom id."""


class Batches:
    """The batches of one endpoint. Every method raises ProviderError."""

    def __init__(self, provider: OpenAICompatible, model: str) -> None:
        self._provider = provider
        self._model = model
        self._context = CallContext(provider.endpoint.host, model, provider.endpoint.secrets)

    async def upload(self, requests: Mapping[str, Request]) -> str:
        """Upload the requests by custom id without starting a batch; returns the file's id."""
        data = b"".join(self._line(custom, request) for custom, request in requests.items())
        if len(requests) > MOST_REQUESTS or len(data) > MOST_BYTES:
            raise UsageError(
                f"{len(requests)} requests ({len(data) / 1e6:.0f} MB) do not fit in a batch",
                hint=f"at most {MOST_REQUESTS:,} and {MOST_BYTES / 1e6:.0f} MB",
            )
        file = ("requests.jsonl", data)
        with self._in_words():
            return (await self._provider.sdk().files.create(file=file, purpose="batch")).id

    async def start(self, file_id: str, run_id: str) -> BatchState:
        """Start a batch of an uploaded file, tagged with the run's id.

        Raises BatchRefused when none was started; after any other ProviderError that is unknown.
        """
        with self._in_words():
            batch = await self._provider.sdk().batches.create(
                completion_window="24h",
                endpoint=_URL,
                input_file_id=file_id,
                metadata={"workbench_run": run_id},
            )
        return self._state(batch)

    async def find(self, run_id: str) -> BatchState | None:
        """The batch that was started for a run; None if it is not among the newest."""
        client = self._provider.sdk()
        with self._in_words():
            page = await client.batches.list(limit=100)
        for batch in page.data:
            if (batch.metadata or {}).get("workbench_run") == run_id:
                return self._state(batch)
        return None

    async def state(self, batch_id: str) -> BatchState:
        """The current state of the batch."""
        with self._in_words():
            batch = await self._provider.sdk().batches.retrieve(batch_id)
        return self._state(batch)

    async def answers(self, state: BatchState) -> BatchAnswers:
        """The classified answers by custom id; requests without a line are missing."""
        lines_by_id: dict[str, list[Answer]] = {}
        unreadable = 0
        for file_id in (state.output_file, state.error_file):
            for line in _parsed(await self._content(file_id) if file_id else b""):
                custom = line.get("custom_id")
                if not isinstance(custom, str):
                    unreadable += 1
                    continue
                answer = self._answer(line)
                if answer is not None:
                    lines_by_id.setdefault(custom, []).append(answer)
        return BatchAnswers(
            {custom: _one_of(lines) for custom, lines in lines_by_id.items()}, unreadable
        )

    async def _content(self, file_id: str) -> bytes:
        client: AsyncOpenAI = self._provider.sdk()
        with self._in_words():
            return (await client.files.content(file_id)).content

    def _answer(self, line: Mapping[str, Any]) -> Answer | None:
        """The answer in a line; None for a request that was never processed."""
        response = line.get("response")
        if isinstance(response, Mapping) and isinstance(response.get("status_code"), int):
            try:
                return self._responded(response["status_code"], response.get("body"))
            except ProviderError as fatal:
                # It would end a run of calls, since the next call would fail too. Here the other
                # lines have arrived, and are paid for.
                return Answer(Outcome.PROVIDER_ERROR, error=fatal.message)
            except RecursionError:
                return invalid(self._context, "a batch line that is nested too deeply")
        error = line.get("error")
        if isinstance(error, Mapping):
            if error.get("code") in ("batch_expired", "batch_cancelled"):
                return None
            message = self._context.line(
                str(error.get("message") or error.get("code") or "no reason")
            )
            return Answer(Outcome.PROVIDER_ERROR, error=f"{self._context.host}: {message}")
        return invalid(self._context, "a batch line without a response")

    def _responded(self, status: int, body: Any) -> Answer:
        if status == 200:
            return self._priced(classify_completion(body, self._context))
        if status in (401, 403):
            # The key was accepted for the batch: this is about the one request.
            error = f"{self._context.host} answered {status}{self._message(body)}"
            return Answer(Outcome.PROVIDER_ERROR, error=error, status=status)
        return replace(classify_status(status, {}, body, self._context), retry=False)

    def _message(self, body: Any) -> str:
        message = self._context.line(read_error(body).message)
        return f": {message}" if message else ""

    def _priced(self, answer: Answer) -> Answer:
        price = self._provider.price(self._model) if not answer.outcome.is_error else None
        cost = price.cost(answer.prompt_tokens, answer.completion_tokens) if price else None
        return replace(answer, cost_usd=None if cost is None else cost * PRICE)

    def _line(self, custom: str, request: Request) -> bytes:
        endpoint = self._provider.endpoint
        form = FORMS.of(endpoint.base_url, request.model)
        body = form.shaped(endpoint.body(request), stream=False)
        line = {"custom_id": custom, "method": "POST", "url": _URL, "body": body}
        return json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def _state(self, batch: Batch) -> BatchState:
        counts = batch.request_counts
        errors = (batch.errors.data or []) if batch.errors else []
        return BatchState(
            batch_id=batch.id,
            status=batch.status,
            done=counts.completed + counts.failed if counts else 0,
            total=counts.total if counts else 0,
            error=self._context.line(errors[0].message or "") if errors else "",
            output_file=batch.output_file_id,
            error_file=batch.error_file_id,
        )

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - the SDK passes on errors of its transports
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> Exception:
        """The SDK's error as a ProviderError with one safe line."""
        from openai import APIStatusError

        if isinstance(error, (ProviderError, UsageError)):
            return error
        if isinstance(error, APIStatusError):
            kind = BatchRefused if _is_refusal(error.status_code) else ProviderError
            if error.status_code == 404:
                return kind(f"{self._context.host} has no batches, or not this one (404)")
            response = error.response
            try:
                answer = classify_status(
                    response.status_code, response.headers, error.body, self._context
                )
            except ProviderError as fatal:
                return kind(fatal.message, hint=fatal.hint)
            return kind(answer.error)
        answer = classify_failure(error, self._context)
        return (ProviderError if answer.maybe_billed else BatchRefused)(answer.error)


def _is_refusal(status: int) -> bool:
    """Whether the status proves that the request had no effect."""
    return 400 <= status < 500 and status not in POLICY.statuses - {429}


def _parsed(content: bytes) -> Iterator[Mapping[str, Any]]:
    """The parsed lines; an empty mapping for one that is not a JSON object."""
    for raw in content.splitlines():
        if not raw.strip():
            continue
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            line = None
        yield line if isinstance(line, dict) else {}


def _one_of(answers: list[Answer]) -> Answer:
    """One answer for a request that may have several: the first without error, else the first."""
    first, *more = sorted(answers, key=lambda answer: answer.outcome.is_error)
    if not more:
        return first
    note = f"the batch answered it {len(answers)} times, the first answer counts"
    return replace(first, note=f"{first.note}; {note}" if first.note else note)
