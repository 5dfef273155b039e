"""A headless Chromium to look at pages with: what they load, say, refuse and draw.

async with Browser(tmp_path) as browser:
    page = await browser.open(url, width=1280, height=800)
    await page.until("document.querySelector('svg')")

It speaks the DevTools protocol over a pipe, so no port is open, and Chromium ends when the pipe
does, however the test ends.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

MISSING = "no Chromium here to look at pages with: apt-get install chromium (.ci/run does)"
REBOUND = "rebound.example"
"""A name that leads to this machine, as whoever owns a name can make it; no other name leads
anywhere."""
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-breakpad",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--password-store=basic",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1,"
    " EXCLUDE localhost",
    "--remote-debugging-pipe",
)
WAIT_S = 60.0
"""For anything to happen: long, because it is a machine's load that is waited for."""
_PAGE_HAS_GONE = ("navigated", "context", "collected")
"""In what Chromium says then."""
_LARGEST = 64 * 1024 * 1024
"""Of one message, in bytes: a screenshot is one."""
_FROM_PIPE = 'exec "$@" 3<&0 4>&1 </dev/null >/dev/null'
"""Chromium reads its orders from descriptor 3 and answers on 4."""

CONTROL = 2
"""The modifier of a key, as the protocol counts."""
_NAMED = {
    "Enter": (13, "\r"),
    "Escape": (27, ""),
    "F1": (112, ""),
}
"""Virtual key codes, and the text that a key types."""


class ChromiumMissing(AssertionError):
    """A test that needs a browser fails without one: it would prove nothing."""


class Refused(AssertionError):
    """Chromium did not do what it was asked, or the page threw."""


@dataclass
class Page:
    """One tab. What it does is collected from before its first byte on."""

    browser: Browser
    session: str
    target: str
    problems: list[str] = field(default_factory=list)
    """Console errors and warnings, uncaught exceptions, what a policy blocked, failed loads."""
    requests: list[str] = field(default_factory=list)
    """Every address that was asked for, websockets among them."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """One order of the DevTools protocol to this tab."""
        return await self.browser.send(method, session=self.session, **params)

    async def goto(self, url: str) -> None:
        """Open an address and wait until it has loaded."""
        answer = await self.send("Page.navigate", url=url)
        if "errorText" in answer:
            raise Refused(f"{url}: {answer['errorText']}")
        await self.until(f"location.href === {json.dumps(url)} && document.readyState=='complete'")

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in answer:
            thrown = answer["exceptionDetails"]
            raise Refused(f"{script}: {thrown.get('exception', thrown).get('description', thrown)}")
        return answer["result"].get("value")

    async def until(self, script: str, seconds: float = WAIT_S) -> None:
        """Wait until an expression holds in the page, which asks itself 50 times a second."""
        asked = (
            "new Promise(done => { const ask = () => (() => { try { return (" + script + ") }"
            " catch { return false } })() ? done(true) : setTimeout(ask, 20); ask() })"
        )
        try:
            async with asyncio.timeout(seconds):
                # False: another page came meanwhile, which is to be asked instead.
                while not await self._ask(asked):
                    await asyncio.sleep(0)
        except TimeoutError:
            raise AssertionError(f"{script} never held; problems: {self.problems}") from None

    async def _ask(self, promise: str) -> bool:
        """Whether a promise was kept; False when its page has gone."""
        try:
            await self.evaluate(promise)
        except Refused as refused:
            if any(sign in str(refused) for sign in _PAGE_HAS_GONE):
                return False
            raise
        return True

    async def until_received(self, holds: Callable[[], object], seconds: float = WAIT_S) -> None:
        """Wait until something that is collected here fulfils a condition."""
        async with asyncio.timeout(seconds):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def press(self, key: str, modifiers: int = 0) -> None:
        """One key down and up, as a keyboard does it: a character, or a name like `Enter`."""
        code, text = _NAMED.get(key) or (ord(key.upper()) if key.isalnum() else 0, key)
        if modifiers:
            text = ""
        common = {"key": key, "modifiers": modifiers, "windowsVirtualKeyCode": code}
        down = {"type": "keyDown" if text else "rawKeyDown"} | ({"text": text} if text else {})
        await self.send("Input.dispatchKeyEvent", **down, **common)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **common)

    async def type(self, text: str) -> None:
        """Text as an input method gives it, where no key has it."""
        await self.send("Input.insertText", text=text)

    async def click(self, element: str) -> None:
        """The left button on the middle of an element, given as an expression."""
        x, y = await self.evaluate(
            f"(one => {{ one.scrollIntoView({{block: 'center'}});"
            " const box = one.getBoundingClientRect();"
            f" return [box.x + box.width / 2, box.y + box.height / 2] }})({element})"
        )
        at = {"x": x, "y": y, "button": "left", "clickCount": 1}
        await self.send("Input.dispatchMouseEvent", type="mousePressed", **at)
        await self.send("Input.dispatchMouseEvent", type="mouseReleased", **at)

    async def resize(self, width: int, height: int) -> None:
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    async def prefer(self, scheme: str) -> None:
        """`light` or `dark`."""
        await self.send(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    async def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """A PNG of the window, or of the whole page."""
        answer = await self.send(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole
        )
        path.write_bytes(base64.b64decode(answer["data"]))

    async def close(self) -> None:
        """Close the tab, unless it is closed."""
        if self.session in self.browser.pages:
            del self.browser.pages[self.session]
            await self.browser.send("Target.closeTarget", targetId=self.target)

    def collect(self, method: str, params: dict[str, Any]) -> None:
        """Keep what Chromium tells about the tab."""
        if method == "Runtime.exceptionThrown":
            thrown = params["exceptionDetails"]
            self.problems.append(
                str(thrown.get("exception", {}).get("description", thrown["text"]))
            )
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "assert"):
            self.problems.append(str([one.get("value") for one in params["args"]]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])
        self._news.set()


class Browser:
    """Chromium, with a profile of its own below `folder`."""

    def __init__(self, folder: Path, *flags: str) -> None:
        self.pages: dict[str, Page] = {}
        """The open tabs by their sessions."""
        self._folder = folder
        self._flags = flags
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def __aenter__(self) -> Browser:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            raise ChromiumMissing(MISSING)
        profile = self._folder / "chromium"
        self._process = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-c", _FROM_PIPE, "sh", program, *FLAGS, *self._flags),
            f"--user-data-dir={profile}",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "HOME": str(profile)},
            limit=_LARGEST,
            start_new_session=True,
        )
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), 10)
        # Its helpers may be a moment behind it, and are in its group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        await self._reading

    async def open(self, url: str, *, width: int = 1280, height: int = 800) -> Page:
        """A new tab with this address, when it has loaded."""
        target = (await self.send("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.send("Target.attachToTarget", targetId=target, flatten=True)
        page = self.pages[attached["sessionId"]] = Page(self, attached["sessionId"], target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            await page.send(f"{domain}.enable")
        await page.resize(width, height)
        await page.goto(url)
        return page

    async def send(self, method: str, *, session: str = "", **params: Any) -> dict[str, Any]:
        """One order; its answer, or `Refused`."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        order = {"id": number, "method": method, "params": params}
        if session:
            order["sessionId"] = session
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._process.stdin.write(json.dumps(order).encode() + b"\0")
        await self._process.stdin.drain()
        return await asyncio.wait_for(self._asked[number], WAIT_S)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                told = json.loads((await self._process.stdout.readuntil(b"\0"))[:-1])
                if "id" in told:
                    self._answer(told)
                elif told.get("sessionId") in self.pages:
                    self.pages[told["sessionId"]].collect(told["method"], told["params"])
        except asyncio.IncompleteReadError:
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(Refused("Chromium ended"))

    def _answer(self, told: dict[str, Any]) -> None:
        waiting = self._asked.pop(told["id"])
        if waiting.done():
            return
        if "error" in told:
            waiting.set_exception(Refused(str(told["error"])))
        else:
            waiting.set_result(told["result"])
