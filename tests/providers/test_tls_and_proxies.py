"""What stands between here and an endpoint is named: a certificate, or a proxy."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.certificates import make_authority
from tests.support.fault_server import FaultServer, Step, answer, http
from workbench.actions.trust import is_trusted, trust
from workbench.errors import ProviderError, SettingsError
from workbench.fingerprints import fingerprint
from workbench.prompts.values import Message
from workbench.providers.base import Answer, Outcome, Request
from workbench.providers.opening import open_provider
from workbench.providers.proxies import is_loopback, proxy_of
from workbench.settings import ProviderSettings, read_settings
from workbench.workspace import find_workspace

REQUEST = Request("m", (Message("user", "hello"),), {})
ELSEWHERE = "http://model.invalid/v1"


def ask(base_url: str, **settings: Any) -> Answer:
    async def one() -> Answer:
        provider = open_provider(ProviderSettings("mine", base_url=base_url, **settings))
        try:
            return await provider.answer(REQUEST, timeout_s=60.0)
        finally:
            await provider.close()

    return asyncio.run(one())


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def fine(number: int, body: bytes) -> Sequence[Step]:
    return [answer("fine")]


def over_tls(server: FaultServer, context: ssl.SSLContext) -> str:
    """Its address, once what comes in goes through TLS."""
    server._socket = context.wrap_socket(server._socket, server_side=True)
    return server.base_url.replace("http:", "https:")


@pytest.mark.parametrize("self_signed", [False, True])
def test_an_unknown_authority_is_named_with_the_way_to_trust_it(
    tmp_path: Path, self_signed: bool
) -> None:
    authority = make_authority(tmp_path, self_signed=self_signed)
    server = FaultServer(fine)
    base_url = over_tls(server, authority.server)
    with server:
        received = ask(base_url)
        assert (received.outcome, received.maybe_billed) == (Outcome.PROVIDER_ERROR, False)
        assert "TLS failed" in received.error and "certificate" in received.error
        assert 'ca_bundle = "FILE.pem" in [providers.mine]' in received.error
        assert server.calls == 0


@pytest.mark.parametrize("self_signed", [False, True])
def test_an_authority_of_ones_own_is_trusted_once_it_is_named(
    tmp_path: Path, self_signed: bool
) -> None:
    authority = make_authority(tmp_path, self_signed=self_signed)
    server = FaultServer(fine)
    base_url = over_tls(server, authority.server)
    with server:
        received = ask(base_url, ca_bundle=str(authority.bundle))
        assert (received.outcome, received.text) == (Outcome.OK, "fine")
        streamed = ask_streamed(base_url, str(authority.bundle))
        assert streamed.text == "fine"


def ask_streamed(base_url: str, bundle: str) -> Answer:
    async def one() -> Answer:
        settings = ProviderSettings("mine", base_url=base_url, ca_bundle=bundle)
        provider = open_provider(settings)
        try:
            return await provider.answer(REQUEST, timeout_s=60.0, on_text=lambda text: None)
        finally:
            await provider.close()

    return asyncio.run(one())


def test_another_authority_than_the_named_one_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    authority, other = make_authority(tmp_path), make_authority(tmp_path / "other")
    server = FaultServer(fine)
    base_url = over_tls(server, authority.server)
    with server:
        assert "TLS failed" in ask(base_url, ca_bundle=str(other.bundle)).error


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "No such file"), ("Dear all", "no certificates"), ("", "no certificates")],
)
def test_a_bundle_that_cannot_be_read_is_named(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProviderError) as caught:
        ask("https://model.invalid/v1", ca_bundle=str(path))
    assert f"[providers.mine] ca_bundle: {path}: " in caught.value.message
    assert message in caught.value.message


def test_a_bundle_is_looked_for_beside_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "workbench.toml"
    path.write_text('[providers.a]\nca_bundle = "ca/own.pem"\n[providers.b]\n')
    settings = read_settings(path)
    assert settings.provider("a").ca_bundle == str(tmp_path / "ca" / "own.pem")
    assert settings.provider("b").ca_bundle == ""


def test_a_chat_template_other_than_plain_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "workbench.toml"
    path.write_text('[providers.local]\nchat_template = "plain"\n')
    assert read_settings(path).provider("local").chat_template == "plain"
    path.write_text('[providers.local]\nchat_template = "chatml"\n')
    with pytest.raises(SettingsError, match=r"chat_template cannot be 'chatml'.*plain"):
        read_settings(path)


def test_trust_that_was_given_before_these_settings_were_known_holds_and_new_ones_ask_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    (tmp_path / "config").mkdir()
    path = tmp_path / "workbench.toml"
    path.write_text('[providers.far]\nbase_url = "https://far.invalid/v1"\n')
    trust(find_workspace(tmp_path))
    # What was written down when a provider had these keys and no others.
    table: dict[str, Any] = {"name": "far", "base_url": "https://far.invalid/v1", "prices": {}}
    table |= dict.fromkeys(("api_key_env", "model_path"), "")
    table |= dict.fromkeys(("requests_per_minute", "tokens_per_minute"), 0)
    before = fingerprint({"providers": {"far": table}, "targets": {}})
    assert before in (tmp_path / "config" / "trusted.json").read_text()
    path.write_text(path.read_text() + 'ca_bundle = "mine.pem"\n')
    assert not is_trusted(find_workspace(tmp_path))


def test_a_dead_proxy_is_named_and_not_taken_for_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer(fine) as server:
        address = server.base_url.removeprefix("http://").removesuffix("/v1")
    monkeypatch.setenv("HTTP_PROXY", f"http://ana:s3cret@{address}")
    received = ask(ELSEWHERE)
    assert received.error == (
        f"model.invalid: the proxy {address} (HTTP_PROXY): connection refused: nothing listens"
        " there"
    )
    assert not received.maybe_billed and received.retry
    monkeypatch.setenv("HTTPS_PROXY", "http://no-such-proxy.invalid:3128")
    received = ask(ELSEWHERE.replace("http:", "https:"))
    assert "the proxy no-such-proxy.invalid:3128 (HTTPS_PROXY): no such host" in received.error


def test_what_a_proxy_refuses_is_said_to_be_the_proxys(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(number: int, body: bytes) -> Sequence[Step]:
        return [http("", "407 Proxy Authentication Required")]

    with FaultServer(script) as server:
        address = server.base_url.removeprefix("http://").removesuffix("/v1")
        monkeypatch.setenv("ALL_PROXY", f"http://{address}")
        received = ask(ELSEWHERE.replace("http:", "https:"))
        assert f"the proxy {address} (ALL_PROXY) failed (407" in received.error
        with pytest.raises(ProviderError, match="wants a user and password") as caught:
            ask(ELSEWHERE)
    assert f"the proxy {address} (ALL_PROXY)" in caught.value.message


@pytest.mark.parametrize(
    ("url", "message", "hint"),
    [
        ("socks5://ana:s3cret@127.0.0.1:1080", "is a SOCKS proxy, which needs", "socksio"),
        ("socks5h://127.0.0.1:1080", "is a SOCKS proxy, which needs", "socksio"),
        ("socks4://127.0.0.1:1080", "is a SOCKS proxy of a kind", "socks5"),
        ("socks://127.0.0.1:1080", "is a SOCKS proxy of a kind", "socks5"),
        ("ftp://127.0.0.1:1080", "has an address that cannot be used", "NO_PROXY"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str, message: str, hint: str
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    monkeypatch.setenv("ALL_PROXY", url)
    with pytest.raises(ProviderError) as caught:
        ask(ELSEWHERE)
    assert caught.value.message.startswith(f"the proxy 127.0.0.1:1080 (ALL_PROXY) {message}")
    assert hint in caught.value.hint and "s3cret" not in str(caught.value)


def test_this_machine_is_called_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded model, too, is behind an address that no proxy can reach."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "socks4://127.0.0.1:9")
    with FaultServer(fine) as server:
        assert ask(server.base_url).text == "fine"


@pytest.mark.parametrize(
    ("named", "base_url", "description"),
    [
        ({"HTTP_PROXY": "http://p:1"}, "http://a.test/v1", "p:1 (HTTP_PROXY)"),
        ({"HTTP_PROXY": "p:1"}, "http://a.test/v1", "p:1 (HTTP_PROXY)"),
        ({"HTTP_PROXY": "http://p:1"}, "https://a.test/v1", None),
        ({"ALL_PROXY": "http://p:1"}, "https://a.test/v1", "p:1 (ALL_PROXY)"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "a.test"}, "https://a.test/v1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, "https://a.test/v1", None),
        ({}, "https://a.test/v1", None),
    ],
)
def test_the_proxy_of_an_address_is_the_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, named: dict[str, str], base_url: str, description: str | None
) -> None:
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    proxy = proxy_of(base_url)
    assert (proxy.description if proxy else None) == description


@pytest.mark.parametrize(
    ("base_url", "is_here"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://localhost/v1", True),
        ("http://[::1]:1/v1", True),
        ("http://127.0.0.1.evil.test/v1", False),
        ("http://localhost.evil.test/v1", False),
    ],
)
def test_loopback_is_told_by_the_whole_host(base_url: str, is_here: bool) -> None:
    assert is_loopback(base_url) is is_here
