"""The files and batches of the OpenAI API on 127.0.0.1, as far as half-price runs need them."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from tests.support.fault_server import completion

Line = dict[str, Any]
Work = Callable[[list[Line]], tuple[list[Line], list[Line]]]


def done(request: Line, **more: Any) -> Line:
    """A response line that repeats the request's last message."""
    text = request["body"]["messages"][-1]["content"]
    body = completion(text, **more)
    return {"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}}


def everything(requests: list[Line]) -> tuple[list[Line], list[Line]]:
    """All answered, in another order than asked."""
    return [done(request) for request in reversed(requests)], []


class BatchServer:
    """`finish` lets the batches under way end with a status and the lines that `work` makes.

    Starting a batch is answered with `refusal` if it is set, and once `answers_starts` is.
    """

    def __init__(self) -> None:
        self.refusal: int | None = None
        self.starting = threading.Event()
        self.answers_starts = threading.Event()
        self.answers_starts.set()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> BatchServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def requests(self, batch_id: str) -> list[Line]:
        """What the batch was asked."""
        raw = self.files[self.batches[batch_id]["input_file_id"]]
        return [json.loads(line) for line in raw.splitlines()]

    def finish(self, status: str = "completed", work: Work = everything) -> None:
        """Every batch under way is over."""
        for batch_id, batch in self.batches.items():
            if batch["status"] == "in_progress":
                output, errors = work(self.requests(batch_id))
                batch["status"] = status
                for key, lines in (("output_file_id", output), ("error_file_id", errors)):
                    if lines:
                        batch[key] = self.keep("\n".join(map(json.dumps, lines)).encode())

    def keep(self, data: bytes) -> str:
        """A new file."""
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = data
        return file_id

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        """A new batch."""
        batch_id = f"batch-{len(self.batches)}"
        batch = {
            "id": batch_id,
            "object": "batch",
            "status": "in_progress",
            "created_at": 1,
            **body,
        }
        self.batches[batch_id] = batch
        total = len(self.requests(batch_id))
        batch["request_counts"] = {"total": total, "completed": 0, "failed": 0}
        return batch


def _handler(owner: BatchServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            if self.path.endswith("/files"):
                boundary = self.headers["content-type"].partition("boundary=")[2].encode()
                part = next(p for p in raw.split(b"--" + boundary) if b"filename=" in p)
                data = part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
                self._send({"id": owner.keep(data), "object": "file", "bytes": len(data)})
            elif self.path.endswith("/chat/completions"):
                self._send(completion(json.loads(raw)["messages"][-1]["content"]))
            elif owner.refusal:
                self._send_raw(b'{"error": {"message": "not today"}}', owner.refusal)
            else:
                started = owner.create(json.loads(raw))
                owner.starting.set()
                owner.answers_starts.wait(30)
                self._send(started)

        def do_GET(self) -> None:
            file = re.search(r"/files/([^/]+)/content", self.path)
            batch = re.search(r"/batches/([^/?]+)", self.path)
            if file:
                self._send_raw(owner.files[file[1]])
            elif batch:
                self._send(owner.batches[batch[1]])
            else:
                listed = list(reversed(owner.batches.values()))
                self._send({"object": "list", "data": listed, "has_more": False})

        def _send(self, value: Any) -> None:
            self._send_raw(json.dumps(value).encode())

        def _send_raw(self, raw: bytes, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(raw)))
            with contextlib.suppress(ConnectionError):  # the client may have left meanwhile
                self.end_headers()
                self.wfile.write(raw)

    return Handler
