"""The address of an endpoint as it may be kept and compared: without anything secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

LOCAL_MODEL = "local"
"""The embedded model, whatever its weights; `local:SHA256` is it with these weights."""

_USUAL_PORTS = {"http": 80, "https": 443}


def plain_address(url: str) -> str:
    """Scheme, host, port and path of `url`: no user, no query; the usual port left out.

    Raises ValueError for what is no http(s) address.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in _USUAL_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is no http or https address")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def address_of(identity: Mapping[str, Any]) -> str:
    """Who answered, from a provider's identity: an address, or `local:SHA256` for the embedded
    model; empty where it is not known.
    """
    if identity.get("weights"):
        return f"{LOCAL_MODEL}:{identity['weights']}"
    try:
        return plain_address(str(identity.get("endpoint") or ""))
    except ValueError:
        return ""


def is_among(address: str, allowed: tuple[str, ...]) -> bool:
    """Whether one of `allowed` names the address; `local` names every embedded model."""
    return address in allowed or (
        LOCAL_MODEL in allowed and address.partition(":")[0] == LOCAL_MODEL
    )
