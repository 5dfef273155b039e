"""Endpoint addresses for storage and comparison, without secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

LOCAL_MODEL = "local"
"""The embedded model with any weights; `local:SHA256` has certain weights."""
PROGRAM = "command"
"""A program of one's own: `command:` and what `_program` makes of its command line."""

IMPORTED_FROM = "imported from "
"""How the endpoint of an imported run begins: no address, so that no rule can allow it."""

_USUAL_PORTS = {"http": 80, "https": 443}


def plain_address(url: str) -> str:
    """Scheme, host, port and path of `url`, without user, query and default port.

    Raises ValueError for anything but an http(s) address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in _USUAL_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def address_of(identity: Mapping[str, Any]) -> str:
    """The endpoint in a provider's identity: an address, `local:SHA256` for the embedded model, or
    `command:PROGRAM` or `imported from TOOL`; empty if unknown.
    """
    if identity.get("weights"):
        return f"{LOCAL_MODEL}:{identity['weights']}"
    if identity.get("command"):
        return f"{PROGRAM}:{_program(identity['command'])}"
    endpoint = str(identity.get("endpoint") or "")
    if endpoint.startswith(IMPORTED_FROM):
        return endpoint
    try:
        return plain_address(endpoint)
    except ValueError:
        return ""


def _program(command: Sequence[str]) -> str:
    """The program and the script that it runs, by name: folders and options may tell of a person
    and a key, and this is recorded in evidence.
    """
    names = (part.replace("\\", "/").rpartition("/")[2] for part in command[:2] if part[:1] != "-")
    return " ".join(names)


def is_among(address: str, allowed: tuple[str, ...]) -> bool:
    """Whether one of `allowed` matches the address; `local` matches every embedded model."""
    return address in allowed or (
        LOCAL_MODEL in allowed and address.partition(":")[0] == LOCAL_MODEL
    )
