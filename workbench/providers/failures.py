"""From an exception of a call to an Outcome, with the cause in words."""

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

from workbench.providers.classify import Asked, invalid
from workbench.providers.values import Answer, Outcome

_NO_FILE = "too many open files"
_NEVER_SENT = (
    *("TLS failed", "no such host", "connection refused", "the proxy", "no connection"),
    _NO_FILE,
)
_BROKE_OFF = "the answer broke off"


class BodyTooLong(Exception):
    """A response is, or could become, more than an answer can be; the message says what it is."""


class AnsweredTwice(Exception):
    """A connection held the rest of an earlier response: nothing on it can be told apart."""


def classify_failure(error: BaseException, asked: Asked) -> Answer:
    """The answer for an exception that a client let through."""
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
        return invalid(asked, "something that cannot be decoded")
    if isinstance(error, BodyTooLong):
        return replace(invalid(asked, str(error)), retry=False)
    if "Decoding" in type(error).__name__:
        return invalid(asked, "something that cannot be decompressed")
    said = _in_words(list(_chain(error)))
    return Answer(
        Outcome.PROVIDER_ERROR,
        error=f"{asked.host}: {said}",
        retry=True,
        maybe_billed=not said.startswith(_NEVER_SENT),
    )


def reached_nobody(answer: Answer) -> bool:
    """Whether a call failed in a way that a wrong address would explain."""
    if answer.outcome is not Outcome.PROVIDER_ERROR or answer.status is not None:
        return False
    return _BROKE_OFF not in answer.error and not lacks_files(answer)


def lacks_files(answer: Answer) -> bool:
    """Whether a call was not made because this process has as many files open as it may."""
    return answer.status is None and _NO_FILE in answer.error


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _in_words(chain: list[BaseException]) -> str:
    names = " ".join(type(error).__name__ for error in chain)
    if isinstance(chain[0], AnsweredTwice):
        return "it sent more than one answer to one question"
    for error in chain:
        if isinstance(error, ssl.SSLError) or "Certificate" in type(error).__name__:
            return f"TLS failed ({_reason(error)})"
        if isinstance(error, socket.gaierror) or "DNS" in type(error).__name__:
            return "no such host (DNS)"
        if isinstance(error, ConnectionRefusedError):
            return "connection refused: nothing listens there"
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            return f"{_NO_FILE}: raise the limit (ulimit -n) or lower the run's concurrency"
    for error in chain:
        if isinstance(error, ConnectionResetError):
            return "the connection was reset"
    if any("complete message body" in str(error) for error in chain):
        return _BROKE_OFF
    if "ServerDisconnected" in names or "RemoteProtocol" in names:
        return "the connection was closed before an answer came"
    if "Payload" in names or "ReadError" in names or "IncompleteRead" in names:
        return _BROKE_OFF
    if "Proxy" in names:
        return "the proxy failed"
    if "Timeout" in names:
        return "no connection in time"
    return f"the call failed ({names.split()[-1]})"


def _reason(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "handshake")
