"""`workbench serve` in a browser: whoever opens the page and types has a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.browser import CONTROL, REBOUND, WAIT_S, Browser, Page
from tests.support.openai_server import OpenAIServer
from workbench.actions.workspace.init import create_workspace

pytestmark = [pytest.mark.anyio, pytest.mark.needs("chromium"), pytest.mark.timeout(180)]

SAMPLE = "support_triage"
DRAFT = "Answer with the name of the queue only."
"""In the sample's draft, which the first screen shows as soon as it was read."""


@dataclass(frozen=True)
class Served:
    """A sample workspace, and where its screens are."""

    root: Path
    port: int
    process: asyncio.subprocess.Process
    address: str
    """What was printed, with the token."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def socket(self) -> str:
        return self.address.replace("http:", "ws:").replace("/?", "/ws?")

    def screens(self) -> list[int]:
        """The processes that draw this workspace, from the system's list of all processes."""
        children = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = entry.read_bytes()
            except OSError:
                continue
            if b"workbench.tui" in command and os.fsencode(self.root) in command:
                children.append(int(entry.parent.name))
        return children


async def until(holds: object, what: str) -> None:
    """Wait for something outside of the page, which nothing announces."""
    assert callable(holds)
    for _ in range(int(WAIT_S / 0.05)):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(what)


@asynccontextmanager
async def serving(root: Path) -> AsyncIterator[Served]:
    create_workspace(root, SAMPLE)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "workbench", "--workspace", str(root)),
        *("serve", "--port", "0"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        line = (await asyncio.wait_for(process.stderr.readline(), WAIT_S)).decode()
        address = line.split()[0]
        yield Served(root, urlsplit(address).port or 0, process, address)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), WAIT_S)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Without WebGL the terminal draws letters where a test can read them, instead of a picture."""
    async with Browser(tmp_path_factory.mktemp("browser"), "--disable-3d-apis") as running:
        yield running


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    async with serving(tmp_path_factory.mktemp("served") / "shop") as running:
        yield running


@pytest.fixture
async def page(browser: Browser, served: Served) -> AsyncIterator[Page]:
    """The first screen, drawn and listening, with the prompt that its keys are about."""
    opened = await browser.open(served.address)
    await shows(opened, DRAFT)
    await opened.until(TYPING)
    yield opened
    await opened.close()


TYPING = "document.activeElement.matches('.xterm-helper-textarea')"


ROWS = (
    "[...document.querySelectorAll('.xterm-rows > div')]"
    ".map(row => row.textContent.replaceAll('\\xa0', ' ')).join('\\n')"
)
"""What stands on the terminal."""


async def shows(page: Page, text: str, there: bool = True) -> None:
    """Wait until a text stands on the terminal, or no longer does."""
    try:
        await page.until(f"{ROWS}.includes({json.dumps(text)}) === {json.dumps(there)}")
    except AssertionError:
        raise AssertionError(f"{text!r}, but:\n{await page.evaluate(ROWS)}") from None


@pytest.mark.exhaustive
async def test_the_page_draws_the_screens_and_asks_nobody_else(page: Page, served: Served) -> None:
    await shows(page, DRAFT)
    assert await page.evaluate("document.querySelector('.opening').offsetHeight") == 0
    assert await page.evaluate("document.documentElement.scrollWidth") == 1280
    ours = (served.url, served.url.replace("http:", "ws:"))
    assert [url for url in page.requests if not url.startswith((*ours, "data:"))] == []
    assert page.problems == []


async def test_keys_pressed_without_a_click_reach_the_screens(page: Page) -> None:
    await page.press("F1")
    await shows(page, "Keys · type to filter")
    await page.press("Escape")
    await shows(page, "Keys · type to filter", there=False)
    await page.press("p", CONTROL)
    await shows(page, "Search for commands")
    await page.press("Escape")
    await shows(page, "Search for commands", there=False)
    await page.press("2")
    await shows(page, "[2 Draft]")
    assert page.problems == []


async def test_what_is_typed_is_in_the_draft_however_soon_the_page_is_closed(
    page: Page, served: Served
) -> None:
    await page.press("e")
    await shows(page, "13  system:")
    await shows(page, "esc leaves the editor")
    for key in "# Hi, ":
        await page.press(key)
    await page.type("größe 漢字 ")
    await shows(page, "14  # Hi, größe 漢字 You work")
    assert served.screens()
    await page.close()
    await until(lambda: not served.screens(), "the screens outlived their page")
    draft = (served.root / "prompts" / f"{SAMPLE}.prompty").read_text()
    assert "\nsystem:\n# Hi, größe 漢字 You work" in draft


@pytest.mark.exhaustive
async def test_a_key_finds_the_terminal_again_when_it_has_lost_the_focus(page: Page) -> None:
    await page.evaluate("document.activeElement.blur()")
    await page.until("document.activeElement === document.body")
    await page.press("2")
    await shows(page, "[2 Draft]")


@pytest.mark.exhaustive
async def test_a_page_says_that_its_screens_have_ended_and_opens_them_again(
    page: Page, served: Served
) -> None:
    for process in served.screens():
        os.kill(process, signal.SIGKILL)
    await page.until("document.activeElement.textContent === 'Open it again'")
    assert "The session ended." in await page.evaluate("document.body.innerText")
    await page.press("Enter")
    await shows(page, "F5 Run")
    await page.until(TYPING)
    await page.press("q", CONTROL)
    await page.until("document.activeElement.textContent === 'Open it again'")
    await until(lambda: not served.screens(), "ctrl+q did not end the screens")


@pytest.mark.exhaustive
async def test_the_server_ends_at_once_though_a_page_is_open(
    browser: Browser, tmp_path: Path
) -> None:
    async with serving(tmp_path / "shop") as served:
        page = await browser.open(served.address)
        await shows(page, "F5 Run")
        served.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(served.process.wait(), WAIT_S)
        assert not served.screens()
        await page.until("document.activeElement.textContent === 'Open it again'")
        await page.close()


async def test_other_pages_and_names_get_nothing(browser: Browser, served: Served) -> None:
    await until(lambda: not served.screens(), "screens of another test go on")
    with OpenAIServer() as elsewhere:
        page = await browser.open(elsewhere.base_url)
        told = await page.evaluate(
            "new Promise(done => {"
            f" const socket = new WebSocket('{served.socket}');"
            " socket.onopen = () => done('open'); socket.onerror = () => done('refused') })"
        )
        assert told == "refused"
        told = await page.evaluate(f"fetch('{served.address}').then(() => 'read', () => 'refused')")
        assert told == "refused"
        await page.evaluate(
            f"document.body.appendChild(document.createElement('iframe')).src = '{served.address}'"
        )
        await page.until_received(lambda: "frame-ancestors" in str(page.problems))
        await page.close()
    rebound = await browser.open(served.address.replace("127.0.0.1", REBOUND))
    assert await rebound.evaluate("document.body.innerText.trim()") == (
        "open the address that workbench serve printed"
    )
    await rebound.close()
    assert not served.screens()


@pytest.mark.exhaustive
async def test_with_webgl_the_terminal_is_drawn_as_a_picture(
    served: Served, tmp_path: Path
) -> None:
    async with Browser(tmp_path, "--enable-unsafe-swiftshader") as browser:
        page = await browser.open(served.address)
        await page.until(TYPING)
        assert page.problems == []
        await page.until(f"{PAINTED} > 20")


PAINTED = """(() => {
  const one = document.querySelector(".xterm-text-layer");
  const { data } = one.getContext("2d").getImageData(0, 0, one.width, one.height);
  return new Set(new Uint32Array(data.buffer)).size;
})()"""
"""How many colours there are, shades at the edges of letters among them."""
