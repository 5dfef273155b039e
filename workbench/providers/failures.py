"""Classifies an exception of a call as an Outcome, with its cause."""

from __future__ import annotations

import errno
import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace

from workbench.providers.base import Answer, Outcome
from workbench.providers.openai_chat.call_context import CallContext, invalid

MAX_BODY_BYTES = 8_000_000
"""Bytes of the longest response that is read."""
_NO_FILE = "too many open files"
_NEVER_SENT = (
    *("TLS failed", "no such host", "connection refused", "the proxy", "no connection"),
    _NO_FILE,
)
# OpenSSL's X509_V_ERR codes for a certificate chain without a trusted root.
_UNKNOWN_CA = (2, 18, 19, 20, 21)
_BROKE_OFF = "the answer broke off"


class BodyTooLong(Exception):
    """A response is, or could become, larger than any answer; the message says how."""


class AnsweredTwice(Exception):
    """A connection had data of an earlier response: responses on it cannot be told apart."""


def classify_failure(error: BaseException, context: CallContext) -> Answer:
    """Classify an exception that a client raised."""
    if isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError)):
        return invalid(context, "something that cannot be decoded")
    if isinstance(error, BodyTooLong):
        return replace(invalid(context, str(error)), retry=False)
    if "Decoding" in type(error).__name__:
        return invalid(context, "something that cannot be decompressed")
    cause = _in_words(list(_chain(error)), context)
    return Answer(
        Outcome.PROVIDER_ERROR,
        error=f"{context.host}: {cause}",
        retry=True,
        maybe_billed=not cause.startswith(_NEVER_SENT),
    )


def is_unreachable(answer: Answer) -> bool:
    """Whether a call failed in a way that a wrong address would explain: no connection."""
    if answer.outcome is not Outcome.PROVIDER_ERROR or answer.status is not None:
        return False
    return _BROKE_OFF not in answer.error and not hit_file_limit(answer)


def hit_file_limit(answer: Answer) -> bool:
    """Whether a call failed because this process reached its limit of open files."""
    return answer.status is None and _NO_FILE in answer.error


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        seen = seen.__cause__ or seen.__context__


def _in_words(chain: list[BaseException], context: CallContext) -> str:
    names = " ".join(type(error).__name__ for error in chain)
    if isinstance(chain[0], AnsweredTwice):
        return "it sent more than one answer to one question"
    for error in chain:
        if isinstance(error, ssl.SSLError) or "Certificate" in type(error).__name__:
            return _tls_failed(error, context)
        if isinstance(error, socket.gaierror) or "DNS" in type(error).__name__:
            return _unreached("no such host (DNS)", context)
        if isinstance(error, ConnectionRefusedError):
            return _unreached("connection refused: nothing listens there", context)
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
        return (
            f"the proxy {context.proxy} failed ({context.line(str(chain[0]), 80) or 'no reason'})"
        )
    if "Timeout" in names:
        return _unreached("no connection in time", context)
    return f"the call failed ({names.split()[-1]})"


def _unreached(what: str, context: CallContext) -> str:
    """Name the party that cannot be reached: the proxy, if one is used, else the endpoint."""
    return f"the proxy {context.proxy}: {what}" if context.proxy else what


def _tls_failed(error: BaseException, context: CallContext) -> str:
    """The reason, and for a certificate from an unknown issuer what to do."""
    failure = f"TLS failed ({_reason(error)})"
    if getattr(error, "verify_code", 0) not in _UNKNOWN_CA:
        return failure
    usual = f"[providers.{context.provider}]" if context.provider else "the provider's table"
    table = context.table or usual
    return f'{failure}; if you trust who signed it: ca_bundle = "FILE.pem" in {table}'


def _reason(error: BaseException) -> str:
    return str(getattr(error, "verify_message", "") or getattr(error, "reason", "") or "handshake")
