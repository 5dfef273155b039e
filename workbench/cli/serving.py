"""Serves the screens to a browser, for the user who started the server only.

Every web page in the browser and every user of the machine can reach loopback. A token in the
address keeps both out; web pages are also recognised by the request's origin.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
import signal
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp_jinja2
from aiohttp import WSCloseCode, web
from markupsafe import Markup
from textual_serve.app_service import AppService
from textual_serve.server import Server, to_int

from workbench.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
SESSIONS = 4
"""Default maximum number of open pages: each is a process."""
_OPENING = "open the address that workbench serve printed\n"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Focuses the terminal, which does not take the focus by itself. Not before its first bytes: its
# socket may not be open yet, and reporting the focus would throw.
_TYPING = """
const page = document.body.classList;
const type = () => document.querySelector(".xterm-helper-textarea").focus();
let drawn = false, ended = false;
new MutationObserver(() => {
  if (!ended && page.contains("-closed")) document.querySelector(".ended a").focus();
  else if (!drawn && page.contains("-first-byte")) type();
  drawn = page.contains("-first-byte");
  ended = page.contains("-closed");
}).observe(document.body, { attributeFilter: ["class"] });
addEventListener("keydown", () => {
  if (drawn && !ended && document.activeElement === document.body) type();
}, true);
"""
_TYPING_HASH = b64encode(hashlib.sha256(_TYPING.encode()).digest()).decode()


class LoopbackServer(Server):
    """Accepts only requests with the token and from its own page, which loads nothing external."""

    def __init__(self, command: str, host: str, port: int, sessions: int = SESSIONS) -> None:
        """Listens at once, so that `page_url` can be opened; port 0 is any that is free. Raises
        UsageError for a port that cannot be had.
        """
        self._listening = _listening(host, port)
        port = self._listening.getsockname()[1]
        at = f"[{host}]" if ":" in host else host
        super().__init__(
            command,
            host=host,
            port=port,
            title="workbench",
            public_url=f"http://{at}:{port}",
            templates_path=Path(__file__).parent,
        )
        self._token = secrets.token_urlsafe(24)
        self._sessions = sessions
        self._open: set[web.WebSocketResponse] = set()

    @property
    def page_url(self) -> str:
        """The address to open in a browser."""
        return f"{self.public_url}/?token={self._token}"

    @property
    def socket_url(self) -> str:
        """The address of the page's WebSocket, without a path."""
        return self.public_url.replace("http:", "ws:", 1)

    def serve(self, debug: bool = False) -> None:
        """Serve until a signal ends it: textual-serve's own way, but on the socket that listens."""
        del debug
        self.initialize_logging()
        loop = asyncio.new_event_loop()
        with contextlib.suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.request_exit)
        app = self._make_app()
        web.run_app(app, sock=self._listening, handle_signals=False, loop=loop, print=None)

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        # The terminal's script appends its own query to the address: the token goes into the path.
        app.add_routes([web.get("/ws/{token}", self.handle_websocket)])
        app.middlewares.append(self._refuse_others)
        app.on_response_prepare.append(self._keep_inside)
        return app

    def initialize_logging(self) -> None:
        """Log failures only, without variables: requests contain the token."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s")

    async def on_startup(self, app: web.Application) -> None:
        """Suppress textual-serve's banner, which shows an address without the token."""
        del app

    async def on_shutdown(self, app: web.Application) -> None:
        """Close open pages, which would keep the server from ending."""
        del app
        for opened in set(self._open):
            await opened.close(code=WSCloseCode.GOING_AWAY)

    @aiohttp_jinja2.template("served.html")
    async def handle_index(self, request: web.Request) -> dict[str, Any]:
        """The page; textual-serve's own loads an external font, and does not focus the terminal."""
        self._refuse_strangers(request)
        self._refuse_too_many()
        return {
            "title": self.title,
            "socket": f"{self.socket_url}/ws/{self._token}",
            "font_size": to_int(request.query.get("fontsize", ""), 16),
            "script": Markup(_TYPING),
        }

    async def handle_websocket(self, request: web.Request) -> web.WebSocketResponse:
        """One page: its screens run while it is open, and it ends with them."""
        if "Origin" not in request.headers:
            raise web.HTTPForbidden(text="a browser says where its page comes from\n")
        self._refuse_strangers(request)
        self._refuse_too_many()
        opened = web.WebSocketResponse(heartbeat=15)
        # Before the first await, so that concurrent requests are both counted.
        self._open.add(opened)
        try:
            await opened.prepare(request)
            await self._show(request, opened)
        finally:
            self._open.discard(opened)
        return opened

    async def _show(self, request: web.Request, opened: web.WebSocketResponse) -> None:

        async def close() -> None:
            await opened.close()

        screens = _Screens(
            self.command,
            write_bytes=opened.send_bytes,
            write_str=opened.send_str,
            close=close,
            download_manager=self.download_manager,
        )
        try:
            width = to_int(request.query.get("width", ""), 80)
            await screens.start(width, to_int(request.query.get("height", ""), 24))
            await self._process_messages(opened, screens)
        finally:
            await screens.stop()

    def _refuse_strangers(self, request: web.Request) -> None:
        given = request.match_info.get("token") or request.query.get("token", "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode()):
            raise web.HTTPForbidden(text=_OPENING)

    def _refuse_too_many(self) -> None:
        if len(self._open) >= self._sessions:
            raise web.HTTPServiceUnavailable(
                text=f"{len(self._open)} sessions are open, which is all that are allowed:"
                " close one, or start workbench serve with a higher --sessions\n"
            )

    @web.middleware
    async def _refuse_others(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse other host names (DNS rebinding) and the origins of other pages."""
        if not self._is_ours(f"//{request.host}"):
            raise web.HTTPForbidden(text=_OPENING)
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_ours(origin):
            raise web.HTTPForbidden(text="only the workbench's own page may ask this\n")
        return await handler(request)

    def _is_ours(self, address: str) -> bool:
        try:
            parts = urlsplit(address)
            return parts.hostname in LOOPBACK and (parts.port or 80) == self.port
        except ValueError:
            return False

    async def _keep_inside(self, request: web.Request, response: web.StreamResponse) -> None:
        del request
        ours = f"'self' {self.public_url}"
        response.headers["Content-Security-Policy"] = (
            f"default-src {ours}; script-src {ours} 'sha256-{_TYPING_HASH}';"
            f" connect-src {ours} {self.socket_url}; style-src {ours} 'unsafe-inline';"
            f" img-src {ours} data: blob:; font-src {ours} data:;"
            " frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise UsageError(
            f"cannot listen on port {port} of {host}: {error.strerror}",
            hint="another --port, or --port 0 for any that is free",
        ) from error


class _Screens(AppService):
    """The process of one page."""

    async def run(self) -> None:
        """Run until the process ends, then always close the page."""
        try:
            await super().run()
            if self._process is not None:
                await self._process.wait()
        finally:
            await self.remote_close()

    async def on_data(self, payload: bytes) -> None:
        """Forward output; reads on after the page is closed, as a full pipe would block the
        process.
        """
        with contextlib.suppress(ConnectionError):
            await self.remote_write_bytes(payload)
