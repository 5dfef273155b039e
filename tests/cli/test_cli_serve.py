"""The screens in a browser: they come up, and only for our own page."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from yarl import URL

from workbench.cli.serving import LoopbackServer
from workbench.errors import UsageError

pytestmark = pytest.mark.anyio
PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@dataclass(frozen=True)
class Served:
    """The address that `workbench serve` printed, in parts."""

    port: int
    token: str

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def socket(self, token: str | None = None) -> str:
        return f"{self.origin}/ws?token={self.token if token is None else token}"

    def get(self, path: str, host: str = "") -> tuple[int, http.client.HTTPMessage, str]:
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.closing(asked):
            asked.request("GET", path, headers={"Host": host or f"127.0.0.1:{self.port}"})
            answer = asked.getresponse()
            return answer.status, answer.headers, answer.read().decode()

    def page(self, host: str = "") -> tuple[int, http.client.HTTPMessage, str]:
        return self.get(f"/?token={self.token}", host)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A served workspace without anything in it, for two pages at once."""
    root: Path = tmp_path_factory.mktemp("served")
    (root / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    argv = [sys.executable, "-m", "workbench", "--workspace", str(root), "serve"]
    argv += ["--port", "0", "--sessions", "2"]
    log = root / "said"
    with (
        log.open("wb") as log_file,
        subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=log_file) as running,
    ):
        try:
            port, token = _address(log, running)
            yield Served(port, token)
        finally:
            running.send_signal(signal.SIGINT)
    assert log.read_text().count(token) == 1, "requests are not logged with their token"


def _address(log: Path, running: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Port and token, as soon as they are printed: it listens from then on."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        address = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{32,})\s", log.read_text())
        if address:
            return int(address[1]), address[2]
        assert running.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"it never said where: {log.read_text()}")


def test_a_port_that_is_taken_is_an_error_of_one_line(served: Served) -> None:
    with pytest.raises(UsageError, match=f"cannot listen on port {served.port} of 127.0.0.1: "):
        LoopbackServer("true", "127.0.0.1", served.port)


def _page(served: Served, host: str = "") -> tuple[int, http.client.HTTPMessage, str]:
    """The page, as soon as the screens of earlier ones have ended."""
    until = time.monotonic() + PATIENCE_S
    while (page := served.page(host))[0] == 503 and time.monotonic() < until:
        time.sleep(0.05)
    return page


async def test_the_first_screen_comes_up(served: Served) -> None:
    _, _, page = _page(served)
    (address,) = re.findall(r'data-session-websocket-url="([^"]+)"', page)
    async with (
        ClientSession() as session,
        session.ws_connect(
            f"{address.replace('ws:', 'http:')}?width=100&height=30", origin=served.origin
        ) as opened,
    ):
        seen = b""
        async for message in opened:
            if message.type is WSMsgType.BINARY:
                seen += message.data
            elif message.type is WSMsgType.TEXT:
                seen += str(json.loads(message.data)[1:]).encode()
            plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen)
            if b"n New prompt" in plain:
                return
    raise AssertionError(seen[-2000:])


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://127.0.0.1:1", "null"])
async def test_other_pages_and_programs_without_a_page_cannot_drive_it(
    served: Served, origin: str | None
) -> None:
    assert await _refused(served.socket(), origin) == 403


@pytest.mark.parametrize("token", ["", "x", "é\udce9", "a" * 32])
async def test_without_the_token_there_is_neither_a_page_nor_a_terminal(
    served: Served, token: str
) -> None:
    quoted = quote(token, errors="surrogatepass")
    status, _, text = served.get(f"/?token={quoted}")
    assert (status, text) == (403, "open the address that workbench serve printed\n")
    assert served.get("/")[0] == 403
    assert await _refused(served.socket(quoted), served.origin) == 403
    assert await _refused(f"{served.origin}/ws/{quoted or 'x'}", served.origin) == 403


async def _refused(address: str, origin: str | None) -> int:
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(URL(address, encoded=True), origin=origin)
    return refused.value.status


async def _opened(session: ClientSession, served: Served) -> ClientWebSocketResponse:
    """A page, as soon as the screens of an earlier one have ended."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            return await session.ws_connect(served.socket(), origin=served.origin)
        except WSServerHandshakeError as error:
            assert error.status == 503 and time.monotonic() < until
            await asyncio.sleep(0.05)


@pytest.mark.exhaustive
async def test_no_more_pages_than_are_allowed_are_open_at_once(served: Served) -> None:
    async with ClientSession() as session:
        two = [await _opened(session, served) for _ in range(2)]
        assert await _refused(served.socket(), served.origin) == 503
        status, _, text = served.page()
        assert status == 503
        assert text.startswith("2 sessions are open, which is all that are allowed: close one")
        for one in two:
            await one.close()
        await (await _opened(session, served)).close()


def test_a_name_that_was_pointed_to_loopback_is_refused(served: Served) -> None:
    assert served.page(f"evil.example:{served.port}")[0] == 403
    assert _page(served, f"localhost:{served.port}")[0] == 200


def test_the_page_loads_nothing_from_elsewhere(served: Served) -> None:
    status, headers, _ = _page(served)
    assert status == 200
    policy = headers["Content-Security-Policy"]
    addresses = set(re.findall(r"\w+://[^ ;]+", policy))
    assert addresses == {served.origin, served.origin.replace("http:", "ws:")}
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "*" not in policy
    (scripts,) = [part for part in policy.split(";") if "script-src" in part]
    assert "unsafe" not in scripts


def test_screens_that_cannot_start_say_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("[worksp]\n")
    done = subprocess.run(
        [sys.executable, "-m", "workbench.tui", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "unknown key 'worksp'" in done.stderr
