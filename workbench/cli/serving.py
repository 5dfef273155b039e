"""The screens in a browser, for the person at this machine and nobody else.

There is no login, so what keeps others out is where a request comes from: every page in the
browser can reach loopback, and only our own may.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from textual_serve.server import Server

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LoopbackServer(Server):
    """Answers requests for loopback from its own page only, which loads nothing from elsewhere."""

    def __init__(self, command: str, host: str, port: int) -> None:
        at = f"[{host}]" if ":" in host else host
        super().__init__(
            command, host=host, port=port, title="workbench", public_url=f"http://{at}:{port}"
        )

    async def _make_app(self) -> web.Application:
        app = await super()._make_app()
        app.middlewares.append(self._refuse_others)
        app.on_response_prepare.append(self._keep_inside)
        return app

    @web.middleware
    async def _refuse_others(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Other names may be made to point to loopback, and other pages send their origin."""
        if not self._is_ours(f"//{request.host}"):
            raise web.HTTPForbidden(text=f"open {self.public_url}\n")
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
        socket = self.public_url.replace("http:", "ws:", 1)
        response.headers["Content-Security-Policy"] = (
            f"default-src {ours}; script-src {ours} 'unsafe-inline'; connect-src {ours} {socket};"
            f" style-src {ours} 'unsafe-inline'; img-src {ours} data: blob:;"
            f" font-src {ours} data:; frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["Referrer-Policy"] = "no-referrer"
