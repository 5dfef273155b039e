"""A registry's JSON API over HTTP: time-outs, a few retries, limits, and errors without keys.

What a server answers is untrusted: it is read up to a limit, shown as one line, and neither its
redirects nor an address in its text is followed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self
from urllib.parse import urlencode, urlsplit

import httpx2

from workbench._version import __version__
from workbench.addresses import plain_address
from workbench.errors import ProviderError, TargetError, TargetRefused, TargetUnreachable
from workbench.exchange.targets.base import Destination
from workbench.providers.endpoint import Endpoint
from workbench.providers.failures import BodyTooLong, classify_failure
from workbench.providers.openai_chat.call_context import CallContext
from workbench.providers.openai_chat.http_client import CONNECT_S, opened
from workbench.providers.pauses import retry_after
from workbench.providers.proxies import proxy_of
from workbench.providers.response_limits import limit_size, read_capped
from workbench.providers.retry_policy import POLICY
from workbench.typed_options import Option

ATTEMPTS = 3
LONGEST_WAIT_S = 15.0
_NOT_DONE = frozenset({408, 425, 429})
"""Statuses by which a server says that it did not do what was asked, and may do it later."""
_FOR_GOOD = ("TLS failed",)
"""What another attempt would not change."""
_CONNECT_SHARE = 0.45
_MESSAGE_KEYS = ("message", "detail", "error", "title")

OPTIONS: Mapping[str, Option] = {
    "timeout": Option(30.0, "seconds that one answer may take", least=0.1, most=600.0),
    "ca_bundle": Option("", "file of certificates to trust beside the system's"),
}
"""The options of every target that is reached in this way."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, and its body as JSON; None for an empty one."""

    status: int
    data: Any


class JsonService:
    """One registry with its address and credentials; a context, in which connections are kept."""

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        headers: Mapping[str, str],
        secrets: Collection[str],
        key_hint: str,
        timeout_s: float,
    ) -> None:
        """`name` is what the user calls the target, `key_hint` what to do where the key is refused,
        and `timeout_s` how many seconds one answer may take.
        """
        self.name = name
        self.address = endpoint.base_url
        self._endpoint = endpoint
        self._headers = headers
        self._secrets = secrets
        self._key_hint = key_hint
        self._timeout_s = timeout_s
        self._runner = asyncio.Runner()
        self._http: httpx2.AsyncClient | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._runner:
            if self._http is not None:
                self._runner.run(self._http.aclose())

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        expect: Collection[int] = (),
        repeatable: bool | None = None,
    ) -> Reply:
        """The answer to one request. It is sent again up to ATTEMPTS times where that cannot do
        anything twice: one that is not `repeatable`, by default a POST, only if the server
        certainly did nothing.

        Statuses in `expect` are returned, all others but 2xx raised. Raises TargetUnreachable,
        with `may_have_committed` for a request that writes and may have been done, and
        TargetRefused. Not to be called in a thread that runs an event loop.
        """
        query = f"?{urlencode(params)}" if params else ""
        url = f"{self._endpoint.base_url}{path}{query}"
        content = None if body is None else json.dumps(body, allow_nan=False).encode()
        repeatable = method != "POST" if repeatable is None else repeatable
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response, raw = self._runner.run(self._exchange(method, url, content))
            except _Failed as failure:
                doubtful = failure.may_have_committed and not repeatable
                if attempt == ATTEMPTS or doubtful or failure.what.startswith(_FOR_GOOD):
                    writes = method != "GET" and failure.may_have_committed
                    raise self._unreachable(failure.what, writes) from failure
                time.sleep(POLICY.backoff_s(attempt))
                continue
            if response.status_code in expect or response.is_success:
                return Reply(response.status_code, self._json(response, raw))
            may_have_committed = response.status_code >= 500 and method != "GET"
            again = attempt < ATTEMPTS and (repeatable or not may_have_committed)
            self._raise_unless_retried(response, raw, again, may_have_committed, attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _exchange(
        self, method: str, url: str, content: bytes | None
    ) -> tuple[httpx2.Response, bytes]:
        """One request and the whole answer. Raises _Failed."""
        connect = min(CONNECT_S, _CONNECT_SHARE * self._timeout_s)
        headers = {
            **self._headers,
            "Accept": "application/json",
            "User-Agent": f"prompt-workbench/{__version__}",
            **({"Content-Type": "application/json"} if content is not None else {}),
        }
        try:
            self._http = http = self._http or opened(self._endpoint)()
            request = http.build_request(
                method,
                url,
                headers=headers,
                content=content,
                extensions={"timeout": {"connect": connect}},
            )
            async with asyncio.timeout(self._timeout_s):
                response = await http.send(request, stream=True)
                try:
                    if response.is_success:
                        limit_size(response)
                    return response, await read_capped(response)
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise _Failed(f"no answer within {self._timeout_s:g} s", True) from error
        except BodyTooLong as error:
            raise TargetRefused(
                f"{self._place} sent {error}", hint="is the address right?"
            ) from error
        except ProviderError as error:
            raise TargetRefused(f"{self._place}: {error.message}", hint=error.hint) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            answer = classify_failure(error, self._context)
            what = answer.error.removeprefix(f"{self._context.host}: ")
            raise _Failed(what, answer.maybe_billed) from error

    def _raise_unless_retried(
        self,
        response: httpx2.Response,
        raw: bytes,
        again: bool,
        may_have_committed: bool,
        attempt: int,
    ) -> None:
        """Waits before the next attempt, or raises."""
        status = response.status_code
        message = _message(raw)
        shown = self._context.line(message) if message else ""
        answer_text = f"{status}{f': {shown}' if shown else ''}"
        if status < 500 and status not in _NOT_DONE:
            self._refused(status, answer_text)
        wait = retry_after(response.headers) or POLICY.backoff_s(attempt)
        if again and wait <= LONGEST_WAIT_S:
            time.sleep(wait)
            return
        asked = f", and asks to wait {wait:.0f} s" if wait > LONGEST_WAIT_S else ""
        raise self._unreachable(f"it answered {answer_text}{asked}", may_have_committed)

    def _refused(self, status: int, answer_text: str) -> NoReturn:
        if 300 <= status < 400:
            raise TargetRefused(
                f"{self._place} answered {status}, a redirect, which is not followed",
                hint="set uri to the address that it leads to, if that is yours",
            )
        if status in (401, 403):
            raise TargetRefused(
                f"{self._place} refused the key: {answer_text}", hint=self._key_hint
            )
        if status in (404, 405):
            raise TargetRefused(
                f"{self._place} answered {answer_text}", hint="is uri the address of its API?"
            )
        raise TargetRefused(f"{self._place} refused it: {answer_text}")

    def _json(self, response: httpx2.Response, raw: bytes) -> Any:
        if not raw.strip():
            return None
        try:
            return json.loads(raw, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            kind = self._context.line(response.headers.get("content-type", ""), 40)
            raise TargetRefused(
                f"{self._place} answered {response.status_code} with what is no JSON"
                f" ({kind or 'no content type'})",
                hint="is uri the address of its API, and not of its pages?",
            ) from error

    def unexpected(self, what: str) -> TargetError:
        """The error for JSON of another form than the API's."""
        return TargetRefused(
            f"{self._place} answered without {what}", hint="is uri the address of its API?"
        )

    def _unreachable(self, what: str, may_have_committed: bool) -> TargetUnreachable:
        doubt = "; it may have been done" if may_have_committed else ""
        return TargetUnreachable(
            f"{self._place}: {what}{doubt}",
            hint="workbench export --pending tries again",
            may_have_committed=may_have_committed,
            retry=may_have_committed,  # all else was tried again here
        )

    @property
    def _place(self) -> str:
        return f"{self.name} at {self.address}"

    @property
    def _context(self) -> CallContext:
        proxy = proxy_of(self._endpoint.base_url)
        return CallContext(
            self._endpoint.host,
            "",
            self._secrets,
            proxy=proxy.description if proxy else "",
            table=self._endpoint.table,
        )


class _Failed(Exception):
    """No answer came; `may_have_committed`: the request may have arrived."""

    def __init__(self, what: str, may_have_committed: bool) -> None:
        super().__init__(what)
        self.what = what
        self.may_have_committed = may_have_committed


def connected(
    destination: Destination,
    usual: str,
    headers: Mapping[str, str],
    secrets: Collection[str],
    key_hint: str,
) -> JsonService:
    """The service at the destination's uri, or at its usual address. Raises TargetRefused."""
    table = f"[targets.{destination.name}.options]"
    base_url = _base_url(destination, usual)
    endpoint = Endpoint(
        destination.name,
        base_url,
        ca_bundle=str(destination.options.get("ca_bundle", "")),
        table=table,
    )
    for value in headers.values():
        if not value.isascii() or not value.isprintable():
            raise TargetRefused(f"{table}: a key has characters that no key has", hint=key_hint)
    timeout_s = float(destination.options.get("timeout", OPTIONS["timeout"].default))
    return JsonService(destination.name, endpoint, headers, secrets, key_hint, timeout_s)


def _base_url(destination: Destination, usual: str) -> str:
    where = f"[targets.{destination.name}]"
    hint = f'for example uri = "{usual}"'
    if destination.path is not None:
        raise TargetRefused(
            f"{destination.name} is a service and takes no file", hint="leave it out"
        )
    uri = destination.uri or usual
    try:
        parts = urlsplit(uri)
        plain = plain_address(uri)
        if parts.username is not None or parts.password is not None:
            raise TargetRefused(f"{where}: the uri holds a user or password", hint=hint)
        if parts.query or parts.fragment or any(map(str.isspace, uri)):
            raise ValueError
    except ValueError as error:
        # It is not repeated: what is no address may be a key.
        raise TargetRefused(f"{where}: the uri is no http or https address", hint=hint) from error
    return plain


def _message(raw: bytes) -> str:
    """What an error's body says: the message of a JSON object, else its text."""
    text = raw.decode("utf-8", "replace")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return "" if text.lstrip().startswith("<") else text
    if isinstance(data, Mapping):
        texts = (data[key] for key in _MESSAGE_KEYS if isinstance(data.get(key), str))
        return next(texts, "") or text
    return text


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")
