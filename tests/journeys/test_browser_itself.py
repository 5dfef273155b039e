"""What the browser tests stand on: without a browser nothing passes, and none is left behind."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support.browser import Browser, ChromiumMissing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def processes_of(folder: Path) -> list[bytes]:
    """Command lines that name the folder; those of processes that have ended are empty."""
    commands = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes()
        except OSError:
            continue
        if os.fsencode(folder) in command:
            commands.append(command)
    return commands


async def test_a_missing_browser_is_a_failure_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChromiumMissing, match="apt-get install chromium"):
        async with Browser(tmp_path):
            pass


@pytest.mark.needs("chromium")
async def test_no_process_outlives_the_browser(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        async with Browser(tmp_path) as browser:
            await browser.open("data:text/html,<title>here</title>")
            assert processes_of(tmp_path)
            raise ZeroDivisionError
    async with asyncio.timeout(60):
        while processes_of(tmp_path):
            await asyncio.sleep(0.02)


@pytest.mark.exhaustive
@pytest.mark.needs("chromium")
async def test_errors_of_a_page_are_collected(tmp_path: Path) -> None:
    async with Browser(tmp_path) as browser:
        page = await browser.open(
            "data:text/html,<script>console.error('said');setTimeout(() => thrown())</script>"
        )
        await page.until_received(lambda: len(page.problems) == 2)
    assert "said" in page.problems[0]
    assert "thrown is not defined" in page.problems[1]
