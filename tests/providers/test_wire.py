"""Which responses are taken as they stand, and which are read by h11."""

from __future__ import annotations

import pytest

from workbench.providers.endpoint import Endpoint
from workbench.providers.openai_chat.http_client import open_connection
from workbench.providers.openai_chat.wire import MOST_BUFFERED, usual_headers

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 12"


def test_a_response_as_nearly_all_are_is_taken_as_it_stands() -> None:
    assert usual_headers(HEAD) == {"content-type": "application/json", "content-length": "12"}
    assert usual_headers(HEAD + b"\r\nConnection: keep-alive") is not None
    assert usual_headers(HEAD.replace(b" OK", b"")) is not None


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace(b"200", b"204"),
        HEAD.replace(b"1.1", b"1.0"),
        HEAD.replace(b"12", b"-1"),
        HEAD.replace(b"12", b"1_2"),
        HEAD.replace(b"12", b"%d" % (MOST_BUFFERED + 1)),
        HEAD + b"\r\nContent-Length: 13",
        HEAD + b"\r\nTransfer-Encoding: chunked",
        HEAD + b"\r\nContent-Encoding: gzip",
        HEAD + b"\r\nConnection: close",
        HEAD + b"\r\n folded: line",
        HEAD + b"\r\nno colon",
        HEAD + b"\r\nbad\x00: name",
        HEAD + b"\r\nvalue: \xff",
        HEAD.replace(b"application/json", b"text/event-stream"),
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json",
        b"<html>",
    ],
)
def test_any_other_is_left_to_h11(head: bytes) -> None:
    assert usual_headers(head) is None


def test_tls_and_proxies_are_left_to_httpx2() -> None:
    plain, proxied, secured = (
        open_connection(Endpoint("mine", f"{scheme}://127.0.0.1:9/v1", proxy=proxy))
        for scheme, proxy in (("http", ""), ("http", "http://127.0.0.1:8"), ("https", ""))
    )
    assert [one.is_direct for one in (plain, proxied, secured)] == [True, False, False]
