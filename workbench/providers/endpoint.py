"""A provider's address, key and headers, checked before the first call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from workbench.errors import SettingsError
from workbench.providers.base import Request
from workbench.providers.openai_chat.parameters import payload
from workbench.providers.options import OURS
from workbench.settings import FILE_NAME, ProviderSettings

_OPENAI_HOST = "api.openai.com"
_OWN_HEADERS = {
    "OpenAI-Organization": "OPENAI_ORG_ID",
    "OpenAI-Project": "OPENAI_PROJECT_ID",
}
_AZURE = ".openai.azure.com"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_NOT_SETTABLE = ("authorization", "host", "content-length", "transfer-encoding", "connection")
_OPENAI_WORD = "max_completion_tokens"


@dataclass(frozen=True)
class Endpoint:
    """An address and its key; the key is excluded from `repr`."""

    name: str
    base_url: str
    key: str = field(default="", repr=False)
    unwanted: tuple[str, ...] = ()
    """Headers to suppress that the SDK would take from the environment for another host."""
    ambient: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Headers from the environment, for OpenAI's own host only."""
    ca_bundle: str = ""
    """File of certificates trusted in addition to the system's; empty: none."""
    table: str = ""
    """Table of the settings that it stands in; empty: the provider's of that name."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that the settings give."""
    secret_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Headers that the settings take from the environment."""
    query: tuple[tuple[str, str], ...] = ()
    proxy: str = ""
    """The proxy that the settings name; empty: the environment's."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Added to each request, where the draft says nothing else."""
    token_limit: str = ""
    """The name of the output token limit; empty: to be guessed."""

    @cached_property
    def host(self) -> str:
        """The host, with the port unless it is the default."""
        return urlsplit(self.base_url).netloc

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Strings that must appear in no output."""
        return tuple(filter(None, (self.key, *(value for _, value in self.secret_headers))))

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its answers: the address, and what the settings add to each request."""
        names = sorted(name.lower() for name, _ in self.secret_headers)
        added = {
            "headers": dict(self.headers),
            "secret_headers": names,
            "query": dict(self.query),
            "extra_body": dict(self.extra_body),
        }
        return {"endpoint": self.base_url} | {name: it for name, it in added.items() if it}

    def body(self, request: Request) -> dict[str, Any]:
        """The request as this endpoint takes it."""
        body = {**self.extra_body, **payload(request)}
        word = request.limit_word or self.token_limit or self._guessed_limit
        if word != _OPENAI_WORD and _OPENAI_WORD in body:
            body[word] = body.pop(_OPENAI_WORD)
        return body

    @cached_property
    def _guessed_limit(self) -> str:
        """The endpoint's most likely name for the output token limit."""
        host = urlsplit(self.base_url).hostname or ""
        newer = _is_openai(self.base_url) or host.endswith(_AZURE)
        return _OPENAI_WORD if newer else "max_tokens"


def endpoint_of(settings: ProviderSettings, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint that the settings describe.

    Raises SettingsError for an invalid address, where the SDK would only report "Connection
    error.", and for a key that is missing or not valid in a header.
    """
    where = f"[providers.{settings.name}]"
    _check_address(settings.base_url, where)
    key = ""
    if settings.api_key_env:
        key = environ.get(settings.api_key_env, "")
        _check_key(key, settings.api_key_env, where)
    base_url = settings.base_url.rstrip("/")
    if settings.proxy:
        _check_proxy(settings.proxy, where)
    for name in settings.extra_body:
        if name in OURS:
            raise SettingsError(
                f"{FILE_NAME}: {where} extra_body.{name} cannot be set",
                hint="the workbench sets it",
            )
    return Endpoint(
        settings.name,
        base_url,
        key,
        _unwanted(base_url, environ),
        _ambient(base_url, environ),
        settings.ca_bundle,
        headers=_headers(settings.headers, f"{where} headers"),
        secret_headers=_secret_headers(settings.headers_env, environ, where),
        query=tuple(sorted(settings.query.items())),
        proxy=settings.proxy,
        extra_body=settings.extra_body,
        token_limit=settings.token_limit,
    )


def _headers(given: Mapping[str, str], where: str) -> tuple[tuple[str, str], ...]:
    """Headers, checked. Raises SettingsError."""
    for name, value in given.items():
        if not _TOKEN.fullmatch(name) or not value.isascii() or not value.isprintable():
            raise SettingsError(f"{FILE_NAME}: {where}.{name} can be no header")
        if name.lower() in _NOT_SETTABLE:
            raise SettingsError(
                f"{FILE_NAME}: {where}.{name} cannot be set",
                hint="api_key_env names the variable with the key",
            )
    return tuple(sorted(given.items()))


def _secret_headers(
    variables: Mapping[str, str], environ: Mapping[str, str], where: str
) -> tuple[tuple[str, str], ...]:
    for variable in variables.values():
        _check_key(environ.get(variable, ""), variable, where)
    values = {name: environ[variable] for name, variable in variables.items()}
    return _headers(values, f"{where} headers_env")


def _check_proxy(url: str, where: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "socks5", "socks5h") or not parts.hostname:
        raise SettingsError(
            f"{FILE_NAME}: {where} proxy must be the address of a proxy",
            hint='proxy = "http://127.0.0.1:3128"',
        )


def _is_openai(base_url: str) -> bool:
    """Whether it is OpenAI's own host or a regional one (eu.api.openai.com)."""
    host = urlsplit(base_url).hostname or ""
    return host == _OPENAI_HOST or host.endswith(f".{_OPENAI_HOST}")


def _ambient(base_url: str, environ: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Organisation, project and extra headers as the openai package reads them, without the key.

    Raises SettingsError for an invalid header.
    """
    if not _is_openai(base_url):
        return ()
    headers = [
        (name, environ[variable])
        for name, variable in _OWN_HEADERS.items()
        if environ.get(variable)
    ]
    for line in environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() != "authorization":
            headers.append((name.strip(), value.strip()))
    for name, value in headers:
        if not name or not (name + value).isascii() or not (name + value).isprintable():
            raise SettingsError(
                f"the environment names a header for {_OPENAI_HOST} that none can be: {name!r}",
                hint="check OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS",
            )
    return tuple(headers)


def _unwanted(base_url: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Headers to suppress: organisation, project and extra headers go to OpenAI's own host only."""
    if _is_openai(base_url):
        return ()
    names = list(_OWN_HEADERS)
    for line in environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n"):
        name, colon, _ = line.partition(":")
        if colon and name.strip().lower() != "authorization":
            names.append(name.strip())
    return tuple(names)


def _check_address(url: str, where: str) -> None:
    hint = 'for example base_url = "https://api.openai.com/v1"'
    if not url:
        raise SettingsError(f"{FILE_NAME}: {where} needs a base_url", hint=hint)
    if url != url.strip() or any(character.isspace() for character in url):
        raise SettingsError(f"{FILE_NAME}: {where} base_url has blanks in it", hint=hint)
    try:
        parts = urlsplit(url)
        port_is_wrong = parts.port == 0
    except ValueError as error:
        raise SettingsError(f"{FILE_NAME}: {where} base_url: {error}", hint=hint) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port_is_wrong:
        raise SettingsError(
            f"{FILE_NAME}: {where} base_url must start with http:// or https:// and a host",
            hint=hint,
        )
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"{FILE_NAME}: {where} base_url must not hold a user or password",
            hint="name the variable that holds the key: api_key_env",
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise SettingsError(f"{FILE_NAME}: {where} base_url must end before ? and #", hint=hint)
    if parts.path.rstrip("/").endswith("/chat/completions"):
        raise SettingsError(
            f"{FILE_NAME}: {where} base_url must end before /chat/completions", hint=hint
        )


def _check_key(key: str, variable: str, where: str) -> None:
    if not key:
        raise SettingsError(
            f"the variable {variable} is not set, and {where} takes its key from it",
            hint=f"export {variable}=...",
        )
    if key != key.strip():
        raise SettingsError(f"the key in {variable} has blanks or line ends around it")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SettingsError(f"the key in {variable} has characters that no key has")
