"""The proxy for an endpoint, from the settings or the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}")
_SOCKS = ("socks", "socks4", "socks4a", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, without the user and password that its address may hold."""

    scheme: str
    address: str
    variable: str

    @property
    def description(self) -> str:
        """Its address and what names it: a variable, or the settings."""
        return f"{self.address} ({self.variable})"

    @property
    def is_socks(self) -> bool:
        return self.scheme in _SOCKS


def is_loopback(base_url: str) -> bool:
    """Whether the address is this machine's own, for which no proxy is used."""
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or _LOOPBACK.fullmatch(host) is not None


def proxy_of(base_url: str, setting: str = "") -> Proxy | None:
    """The proxy for the address: that of the settings, else the one that the environment names;
    None: no proxy.
    """
    if setting:
        return _proxy(setting, "proxy in the settings")
    if is_loopback(base_url):
        return None
    from urllib import request  # takes a while to import

    target = urlsplit(base_url)
    named = request.getproxies_environment()
    if request.proxy_bypass_environment(target.netloc, named):  # type: ignore[attr-defined]
        return None
    for scheme in (target.scheme, "all"):
        if named.get(scheme):
            return _proxy(named[scheme], f"{scheme}_proxy".upper())
    return None


def _proxy(url: str, variable: str) -> Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return Proxy(parts.scheme.lower(), parts.netloc.rpartition("@")[2], variable)
