"""One request to an API: tried again where that is safe, limited, and quiet about keys."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.certificates import make_authority
from tests.support.fault_server import CLOSE, RESET, FaultServer, http
from workbench.errors import TargetRefused, TargetUnreachable
from workbench.exchange import http_json
from workbench.exchange.http_json import LONGEST_WAIT_S, JsonService, connected
from workbench.exchange.targets.base import Destination

KEY = "sk-lf-0123456789abcdef0123"
HINT = "check $THE_KEY"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(http_json, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


def service(uri: str, timeout: float = 10.0, **options: Any) -> JsonService:
    destination = Destination(None, uri, Path(), {"timeout": timeout, **options}, "team")
    return connected(destination, "https://example.com", {"x-api-key": KEY}, (KEY,), HINT)


def call(server: FaultServer, method: str = "GET", **more: Any) -> Any:
    timeout = more.pop("timeout", 10.0)
    with service(server.base_url, timeout) as api:
        return api.call(method, "/prompts", **more)


def test_a_body_and_its_key_are_sent_once(waits: list[float]) -> None:
    with FaultServer(lambda n, body: [http('{"a": [1]}')]) as server:
        reply = call(server, "POST", body={"text": "ü"}, params={"name": "a b"})
    assert (reply.status, reply.data) == (200, {"a": [1]})
    assert server.heads[0].startswith(b"POST /v1/prompts?name=a+b HTTP/1.1")
    assert b"x-api-key: " + KEY.encode() in server.heads[0]
    assert (len(server.bodies), waits) == (1, [])


def test_an_empty_answer_is_none() -> None:
    with FaultServer(lambda n, body: [b"HTTP/1.1 204 No Content\r\n\r\n"]) as server:
        assert call(server, "DELETE").data is None


def test_connections_are_kept_within_one_context() -> None:
    with FaultServer(lambda n, body: [http("{}")]) as server, service(server.base_url) as api:
        for _ in range(3):
            api.call("GET", "/")
        assert server.calls == 3


@pytest.mark.parametrize("header", ["retry-after: 2", "retry-after-ms: 2000"])
def test_it_waits_as_long_as_it_is_asked_to(waits: list[float], header: str) -> None:
    busy = http("{}", "429 Too Many Requests", headers=[header])
    with FaultServer(lambda n, body: [busy if n == 0 else http("{}")]) as server:
        call(server, "POST", body={})
    assert waits == [2.0]


def test_a_long_wait_is_said_and_not_waited(waits: list[float]) -> None:
    busy = http("{}", "503 Down", headers=["retry-after: 600"])
    says = pytest.raises(TargetUnreachable, match=r"503: \{\}, and asks to wait 600 s")
    with FaultServer(lambda n, body: [busy]) as server, says as caught:
        call(server)
    assert waits == []
    assert LONGEST_WAIT_S < 600
    assert caught.value.exit_code == 4


def test_a_post_that_was_never_sent_is_tried_again(waits: list[float]) -> None:
    server = FaultServer(lambda n, body: [http("{}")])
    with server:
        address = server.base_url
    with service(address) as api, pytest.raises(TargetUnreachable, match="refused") as caught:
        api.call("POST", "/", body={})
    assert len(waits) == 2
    assert not caught.value.may_have_committed


@pytest.mark.parametrize("end", [RESET, CLOSE])
def test_a_post_that_may_have_arrived_is_not_sent_twice(waits: list[float], end: str) -> None:
    with FaultServer(lambda n, body: [end]) as server:
        with pytest.raises(TargetUnreachable, match="may have been done") as caught:
            call(server, "POST", body={})
        assert server.calls == 1
    assert caught.value.may_have_committed
    with FaultServer(lambda n, body: [end] if n == 0 else [http("{}")]) as server:
        call(server, "POST", body={}, repeatable=True)
        assert server.calls == 2


def test_a_body_that_drips_ends_at_the_time_out(waits: list[float]) -> None:
    def script(n: int, body: bytes) -> Iterator[bytes | float]:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
        for _ in range(1000):
            yield b" "
            yield 0.02

    with FaultServer(script) as server, pytest.raises(TargetUnreachable, match=r"within 0\.2 s"):
        call(server, timeout=0.2)


@pytest.mark.parametrize(
    ("status", "says", "hint"),
    [
        ("401 Unauthorized", "refused the key: 401: no", HINT),
        ("403 Forbidden", "refused the key: 403: no", HINT),
        ("404 Not Found", "answered 404: no", "is uri the address of its API?"),
        ("400 Bad Request", "refused it: 400: no", ""),
        ("422 Unprocessable", "refused it: 422: no", ""),
    ],
)
@pytest.mark.parametrize("name", ["message", "detail", "error", "title"])
def test_a_refusal_repeats_what_the_server_says(
    status: str, says: str, hint: str, name: str
) -> None:
    body = http(f'{{"other": 1, "{name}": "no"}}', status)
    with FaultServer(lambda n, _: [body]) as server:
        with pytest.raises(TargetRefused) as caught:
            call(server)
        assert caught.value.message == f"team at {server.base_url} {says}"
    assert caught.value.hint == hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "body",
    [
        f'{{"message": "\\u001b]0;x\\u0007 [red]{KEY}[/red]\\n\\nBearer {KEY} \\u202e"}}',
        f"\x1b[2J {KEY}\n" * 1000,
        '{"message": ["' + KEY + '"]}',
        "[" * 100_000,
    ],
)
def test_hostile_errors_are_one_short_line_without_keys(body: str) -> None:
    answer = http(body, "400 Bad Request")
    with FaultServer(lambda n, _: [answer]) as server, pytest.raises(TargetRefused) as caught:
        call(server)
    shown = str(caught.value)
    assert shown.isprintable()
    assert KEY not in shown
    assert len(shown) < 400


def test_a_redirect_is_not_followed_even_on_the_same_host() -> None:
    for place in ("http://127.0.0.1:1/elsewhere", "/v1/elsewhere"):
        moved = http("", "302 Found", headers=[f"location: {place}"])
        with FaultServer(lambda n, body, moved=moved: [moved]) as server:
            with pytest.raises(TargetRefused, match="a redirect, which is not followed"):
                call(server)
            assert server.calls == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (http("<html>", kind="text/html"), r"answered 200 with what is no JSON \(text/html\)"),
        (http('{"a": NaN}'), "no JSON"),
        (http("[" * 200_000), "no JSON"),
        (http(b"\xff\xfe\x00"), "no JSON"),
        (http("x" * 8_500_000), "more than an answer can hold"),
        (http("x", headers=["content-encoding: gzip, gzip"]), "compressed more than once"),
    ],
)
def test_what_no_api_answers_is_refused(answer: bytes, says: str) -> None:
    with FaultServer(lambda n, body: [answer]) as server, pytest.raises(TargetRefused, match=says):
        call(server)


@pytest.mark.exhaustive
def test_a_bomb_is_not_decompressed(waits: list[float]) -> None:
    bomb = gzip.compress(b" " * 100_000_000)
    answer = http(bomb, headers=["content-encoding: gzip"])
    says = pytest.raises(TargetRefused, match="more than an answer can hold")
    with FaultServer(lambda n, body: [answer]) as server, says:
        call(server)


@pytest.mark.parametrize(
    "uri",
    [
        "api.example.com",
        "ftp://example.com",
        "https://",
        "http://user:secret-123456789@example.com",
        "https://example.com/?key=secret-123456789",
        "https://example.com/#a",
        "https://exa mple.com",
        "http://example.com:99999",
        "secret-123456789",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(uri: str) -> None:
    with pytest.raises(TargetRefused, match=r"\[targets\.team\]: the uri") as caught:
        service(uri)
    assert "secret" not in str(caught.value)
    assert 'uri = "https://example.com"' in caught.value.hint


def test_a_service_takes_no_file() -> None:
    destination = Destination(Path("out.json"), "", Path(), {}, "team")
    with pytest.raises(TargetRefused, match="takes no file"):
        connected(destination, "https://example.com", {}, (), "")


@pytest.mark.parametrize("key", ["ключ", "a\nb: c", "a\x00"])
def test_a_key_that_is_no_header_is_refused_before_a_call(key: str) -> None:
    destination = Destination(None, "http://127.0.0.1:1", Path(), {}, "team")
    with pytest.raises(TargetRefused, match="characters that no key has"):
        connected(destination, "https://example.com", {"x-api-key": key}, (key,), HINT)


def test_keys_are_not_in_the_repr() -> None:
    api = service("http://127.0.0.1:1")
    assert KEY not in repr(api) and KEY not in repr(api._endpoint)


def test_a_certificate_of_an_unknown_authority_is_refused_until_it_is_named(
    tmp_path: Path, waits: list[float]
) -> None:
    authority = make_authority(tmp_path)

    def ask(**options: Any) -> Any:
        server = FaultServer(lambda n, body: [http("{}")])
        server._socket = authority.server.wrap_socket(server._socket, server_side=True)
        uri = server.base_url.replace("http:", "https:")
        with server, service(uri, **options) as api:
            return api.call("POST", "/", body={}).data

    with pytest.raises(TargetUnreachable, match="TLS failed") as caught:
        ask()
    assert 'ca_bundle = "FILE.pem" in [targets.team.options]' in str(caught.value)
    assert (caught.value.may_have_committed, waits) == (False, [])
    assert ask(ca_bundle=str(authority.bundle)) == {}
    with pytest.raises(TargetRefused, match=r"\[targets\.team\.options\] ca_bundle: .*No such"):
        ask(ca_bundle=str(tmp_path / "none.pem"))


def test_a_proxy_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "socks9://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with service("http://registry.invalid") as api, pytest.raises(TargetRefused, match="proxy"):
        api.call("GET", "/")
