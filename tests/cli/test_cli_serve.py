"""The screens in a browser: they come up, and only for our own page."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A served workspace without anything in it."""
    root: Path = tmp_path_factory.mktemp("served")
    (root / "workbench.toml").write_text('[workspace]\nauthor = "ana"\n')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    argv = [sys.executable, "-m", "workbench", "--workspace", str(root), "serve"]
    with subprocess.Popen(
        [*argv, "--port", str(number)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as running:
        try:
            _wait(number, running)
            yield number
        finally:
            running.send_signal(signal.SIGINT)


def _wait(port: int, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        assert running.poll() is None, "it ended"
        try:
            _get(port, f"127.0.0.1:{port}")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it never listened")


def _get(port: int, host: str) -> tuple[int, http.client.HTTPMessage]:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    with contextlib.closing(asked):
        asked.request("GET", "/", headers={"Host": host})
        answer = asked.getresponse()
        answer.read()
    return answer.status, answer.headers


async def test_the_first_screen_comes_up(port: int) -> None:
    async with (
        ClientSession() as session,
        session.ws_connect(
            f"http://127.0.0.1:{port}/ws?width=100&height=30", origin=f"http://127.0.0.1:{port}"
        ) as page,
    ):
        seen = b""
        async for message in page:
            if message.type is WSMsgType.BINARY:
                seen += message.data
            elif message.type is WSMsgType.TEXT:
                seen += str(json.loads(message.data)[1:]).encode()
            plain = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", seen)
            if b"n New draft" in plain:
                return
    raise AssertionError(seen[-2000:])


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
async def test_other_pages_cannot_drive_it(port: int, origin: str) -> None:
    async with ClientSession() as session:
        with pytest.raises(WSServerHandshakeError) as refused:
            await session.ws_connect(f"http://127.0.0.1:{port}/ws", origin=origin)
    assert refused.value.status == 403


def test_a_name_that_was_pointed_to_loopback_is_refused(port: int) -> None:
    assert _get(port, f"evil.example:{port}")[0] == 403
    assert _get(port, f"localhost:{port}")[0] == 200


def test_the_page_loads_nothing_from_elsewhere(port: int) -> None:
    status, headers = _get(port, f"127.0.0.1:{port}")
    assert status == 200
    policy = headers["Content-Security-Policy"]
    addresses = set(re.findall(r"\w+://[^ ;]+", policy))
    assert addresses == {f"http://127.0.0.1:{port}", f"ws://127.0.0.1:{port}"}
    assert "*" not in policy
    (scripts,) = [part for part in policy.split(";") if "script-src" in part]
    assert "unsafe" not in scripts


def test_screens_that_cannot_start_say_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").write_text("[worksp]\n")
    done = subprocess.run(
        [sys.executable, "-m", "workbench.tui", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "unknown key 'worksp'" in done.stderr
