"""The prompt registry that tests/plugins/workbench_example/registry.py talks to, with faults."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote


@dataclass
class Shelf:
    """One prompt there."""

    versions: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """What happens to a request of that method; the first that fits is used up."""

    method: str
    what: str
    """`kill before`, `kill after` (the client, before or after it is done), `lose` (done, and no
    answer), `503`, `401`.
    """


class LabelServer(ThreadingHTTPServer):
    """Start with `with`; `writes` counts what was done."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.shelves: dict[str, Shelf] = {}
        self.faults: list[Fault] = []
        self.always = ""
        """A fault of every request."""
        self.key = ""
        self.writes: list[str] = []
        self.lock = threading.Lock()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def shelf(self, prompt_id: str) -> Shelf:
        return self.shelves.setdefault(prompt_id, Shelf())

    def add(self, prompt_id: str, version: str, content: dict[str, Any]) -> str:
        """A version that somebody made there; its ref."""
        shelf = self.shelf(prompt_id)
        ref = str(len(shelf.versions) + 1)
        shelf.versions.append({"ref": ref, "version": version, "content": content, "tags": {}})
        return ref

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def fault(self, method: str) -> str:
        with self.lock:
            for fault in self.faults:
                if fault.method == method:
                    self.faults.remove(fault)
                    return fault.what
        return self.always


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        fault = self.server.fault(self.command)
        pid = int(self.headers["X-Pid"])
        if fault == "kill before":
            os.kill(pid, signal.SIGKILL)
            return
        if fault == "503":
            self._answer(503, {})
            return
        if fault == "401" or self.headers["X-Key"] != self.server.key:
            self._answer(401, {"error": f"no key {self.headers['X-Key']}"})
            return
        with self.server.lock:
            answer = self._done(body)
        if fault == "kill after":
            os.kill(pid, signal.SIGKILL)
        elif fault != "lose":
            self._answer(200, answer)

    def _done(self, body: Any) -> Any:
        _, _, prompt_id, *rest = self.path.split("/")
        shelf = self.server.shelf(unquote(prompt_id))
        if self.command == "POST":
            ref = str(len(shelf.versions) + 1)
            shelf.versions.append({"ref": ref, **body})
            self.server.writes.append(f"version {body['version']}")
            return {"ref": ref}
        if self.command == "PUT":
            if body["ref"] is None:
                shelf.labels.pop(rest[1], None)
            else:
                shelf.labels[rest[1]] = body["ref"]
            self.server.writes.append(f"{rest[1]} {body['ref']}")
            return {}
        return {"versions": shelf.versions, "labels": shelf.labels}

    def _answer(self, status: int, values: Any) -> None:
        text = json.dumps(values).encode()
        with contextlib.suppress(OSError):  # the client was killed
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    do_GET = do_POST = do_PUT = _serve

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is printed."""
