"""What the line about a run under way says while nothing comes."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import SUITE, Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer, Reply

PATIENCE_S = 120.0


def shown_until(cli: Cli, pattern: bytes) -> bytes:
    """What a run shows on a terminal until the pattern comes; it is aborted then."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        cli.command("run", "triage"),
        cwd=cli.root,
        env=cli.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + PATIENCE_S
    try:
        while not re.search(pattern, shown) and time.monotonic() < deadline:
            if select.select([leader], [], [], 1.0)[0]:
                shown += os.read(leader, 4096)
        process.send_signal(signal.SIGINT)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        os.close(leader)
    return shown


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("headers", "pattern"),
    [
        ({"retry-after": "47"}, rb"\rwaiting 4\d s +8/20 "),
        ({"retry-after-ms": "130000"}, rb"\rwaiting 2:\d\d +8/20 "),
    ],
)
def test_a_pause_that_the_provider_asks_for_is_shown_with_its_time(
    tmp_path: Path, headers: dict[str, str], pattern: bytes
) -> None:
    served: list[None] = []

    def script(messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
        served.append(None)
        if len(served) > 8:
            return Reply("later", status=429, headers=headers)
        return answer(messages, options)

    with OpenAIServer(script) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        assert re.search(pattern, shown_until(cli, pattern))


def test_a_wait_for_the_rate_is_shown_with_its_time(tmp_path: Path) -> None:
    with OpenAIServer(answer) as server:
        cli = make_cli(tmp_path / "w", server.base_url)
        suite = cli.root / "evals" / "triage" / "suite.yaml"
        suite.write_text(SUITE.replace("concurrency: 8", "requests_per_minute: 6"))
        pattern = rb"\rwaiting (10|9|8) s +1/20 "
        assert re.search(pattern, shown_until(cli, pattern))
