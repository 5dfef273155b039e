"""From an exception of a call to an Outcome, with the cause in words."""

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.asked import Asked, invalid

_NO_FILE = "too many open files"
_NEVER_SENT = (
    *("TLS failed", "no such host", "connection refused", "the proxy", "no connection"),
    _NO_FILE,
)
# OpenSSL's X509_V_ERR codes for a chain that ends at nobody who is trusted.
_UNKNOWN_CA = (2, 18, 19, 20, 21)
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
    said = _in_words(list(_chain(error)), asked)
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


def _in_words(chain: list[BaseException], asked: Asked) -> str:
    names = " ".join(type(error).__name__ for error in chain)
    if isinstance(chain[0], AnsweredTwice):
        return "it sent more than one answer to one question"
    for error in chain:
        if isinstance(error, ssl.SSLError) or "Certificate" in type(error).__name__:
            return _tls_failed(error, asked)
        if isinstance(error, socket.gaierror) or "DNS" in type(error).__name__:
            return _unreached("no such host (DNS)", asked)
        if isinstance(error, ConnectionRefusedError):
            return _unreached("connection refused: nothing listens there", asked)
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
        return f"the proxy {asked.proxy} failed ({asked.line(str(chain[0]), 80) or 'no reason'})"
    if "Timeout" in names:
        return _unreached("no connection in time", asked)
    return f"the call failed ({names.split()[-1]})"


def _unreached(what: str, asked: Asked) -> str:
    """Who was called directly is the one that cannot be reached: that may be the proxy."""
    return f"the proxy {asked.proxy}: {what}" if asked.proxy else what


def _tls_failed(error: BaseException, asked: Asked) -> str:
    """The reason, and for a certificate that nobody known here has signed what to do."""
    said = f"TLS failed ({_reason(error)})"
    if getattr(error, "verify_code", 0) not in _UNKNOWN_CA:
        return said
    table = f"[providers.{asked.provider}]" if asked.provider else "the provider's table"
    return f'{said}; if you trust who signed it: ca_bundle = "FILE.pem" in {table}'


def _reason(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "handshake")
