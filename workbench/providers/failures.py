"""From an exception of a call to an Outcome, with the cause in words."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

from workbench.providers.classify import Asked, invalid
from workbench.providers.values import Answer, Outcome

_NEVER_SENT = ("TLS failed", "no such host", "connection refused", "the proxy", "no connection")


class BodyTooLong(Exception):
    """A response is, or could become, more than an answer can be; the message says what it is."""


def classify_failure(error: BaseException, asked: Asked) -> Answer:
    """The answer for an exception that a client let through."""
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
        return invalid(asked, "something that cannot be decoded")
    if isinstance(error, BodyTooLong):
        return replace(invalid(asked, str(error)), retry=False)
    said = _in_words(list(_chain(error)))
    return Answer(
        Outcome.PROVIDER_ERROR,
        error=f"{asked.host}: {said}",
        retry=True,
        maybe_billed=not said.startswith(_NEVER_SENT),
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _in_words(chain: list[BaseException]) -> str:
    names = " ".join(type(error).__name__ for error in chain)
    for error in chain:
        if isinstance(error, ssl.SSLError) or "Certificate" in type(error).__name__:
            return f"TLS failed ({_reason(error)})"
        if isinstance(error, socket.gaierror) or "DNS" in type(error).__name__:
            return "no such host (DNS)"
        if isinstance(error, ConnectionRefusedError):
            return "connection refused: nothing listens there"
    for error in chain:
        if isinstance(error, ConnectionResetError):
            return "the connection was reset"
    if "ServerDisconnected" in names or "RemoteProtocol" in names:
        return "the connection was closed before an answer came"
    if "Payload" in names or "ReadError" in names or "IncompleteRead" in names:
        return "the answer broke off"
    if "Decoding" in names:
        return "the answer cannot be decompressed"
    if "Proxy" in names:
        return "the proxy failed"
    if "Timeout" in names:
        return "no connection in time"
    return f"the call failed ({names.split()[-1]})"


def _reason(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "handshake")
