"""Langfuse, LangSmith and Phoenix on loopback: real HTTP, with what their servers do to prompts.

    with LangfuseServer() as server:
        server.fail("POST", Fault.HANG_AFTER_COMMIT)
        ...server.uri...

What they accept, refuse and complete was read in their servers' and clients' sources.
"""

from __future__ import annotations

import base64
import copy
import enum
import hashlib
import json
import re
import socket
import struct
import threading
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

KEY = "sk-lf-0123456789abcdef0123"
PUBLIC_KEY = "pk-lf-0123456789abcdef0123"
HOSTILE = f"\x1b]0;owned\x07[red]no[/red]\nkey {KEY} see http://127.0.0.1:1/steal"

Answer = tuple[int, Any]


class Fault(enum.StrEnum):
    """What a server does instead of answering."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND_PAGE = "404 and a web page"
    BUSY = "429 with Retry-After"
    BUSY_FOR_AN_HOUR = "429 with a long Retry-After"
    HOSTILE = "400 with hostile text"
    BROKEN = "500"
    BROKEN_AFTER_COMMIT = "500 after it committed"
    HANG = "no answer"
    HANG_AFTER_COMMIT = "no answer after it committed"
    CUT = "half a body"
    CUT_AFTER_COMMIT = "half a body after it committed"
    RESET = "connection reset"
    PAGE = "200 and a web page"
    PAGE_AFTER_COMMIT = "200 and a web page after it committed"
    HUGE = "a huge body"
    PACKED_TWICE = "a body compressed twice"
    REDIRECT = "a redirect to another host"
    ODD = "JSON of another form"


_AFTER = {Fault.BROKEN_AFTER_COMMIT, Fault.HANG_AFTER_COMMIT, Fault.CUT_AFTER_COMMIT}
_AFTER.add(Fault.PAGE_AFTER_COMMIT)
_PAGE = b"<!doctype html><title>Sign in</title>"


class RegistryServer:
    """Counts requests; `requests` are (method, path with query, body), `answers` what was sent."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, Any]] = []
        self.answers: list[Any] = []
        self.lock = threading.RLock()
        self._faults: list[tuple[str, Fault]] = []
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, request: str, fault: Fault, times: int = 1) -> None:
        """Do that for the next requests whose `METHOD /path` begins so."""
        with self.lock:
            self._faults += [(request, fault)] * times

    def heal(self) -> None:
        with self.lock:
            self._faults.clear()

    @property
    def unmet(self) -> int:
        """Faults that no request has met."""
        return len(self._faults)

    def writes(self) -> list[tuple[str, str, Any]]:
        return [request for request in self.requests if request[0] != "GET"]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        raise NotImplementedError

    def allows(self, headers: Mapping[str, str]) -> bool:
        raise NotImplementedError

    def leads(self, name: str, pointer: str) -> str | None:
        """The version that a label or tag leads to."""
        raise NotImplementedError

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take_fault(self, request: str) -> Fault | None:
        with self.lock:
            for index, (begin, fault) in enumerate(self._faults):
                if request.startswith(begin):
                    del self._faults[index]
                    return fault
        return None

    def wait_for_the_end(self) -> None:
        self._closing.wait(30)


def _handler(server: RegistryServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            body = json.loads(raw) if raw else None
            with server.lock:
                server.requests.append((self.command, self.path, body))
            fault = server.take_fault(f"{self.command} {parts.path}")
            status, data = 0, None
            if fault is None or fault in _AFTER:
                if not server.allows(self.headers):
                    self._json(401, {"message": f"Invalid credentials {KEY}"})
                    return
                with server.lock:
                    query = dict(parse_qsl(parts.query))
                    status, data = server.answer(self.command, parts.path, query, body)
                    server.answers.append(copy.deepcopy(data))
            if fault is None:
                self._json(status, data)
            else:
                self._misbehave(fault)

        do_POST = do_PATCH = do_DELETE = do_GET

        def _json(self, status: int, data: Any, **headers: str) -> None:
            raw = b"" if data is None else json.dumps(data).encode()
            self._send(status, raw, "application/json", **headers)

        def _send(self, status: int, raw: bytes, kind: str, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status != 204:
                self.send_header("Content-Length", str(len(raw)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(raw)

        def _misbehave(self, fault: Fault) -> None:
            if fault is Fault.UNAUTHORIZED:
                self._json(401, {"message": f"Invalid credentials {KEY}"})
            elif fault is Fault.FORBIDDEN:
                self._json(403, {"error": "read only key"})
            elif fault is Fault.NOT_FOUND_PAGE:
                self._send(404, _PAGE, "text/html")
            elif fault is Fault.BUSY:
                self._json(429, {"message": "slow down"}, Retry_After="1")
            elif fault is Fault.BUSY_FOR_AN_HOUR:
                self._json(429, {"message": "slow down"}, Retry_After="3600")
            elif fault is Fault.HOSTILE:
                self._json(400, {"message": HOSTILE})
            elif fault in (Fault.BROKEN, Fault.BROKEN_AFTER_COMMIT):
                self._send(500, b"Internal Server Error", "text/plain")
            elif fault in (Fault.HANG, Fault.HANG_AFTER_COMMIT):
                server.wait_for_the_end()
                self.close_connection = True
            elif fault in (Fault.CUT, Fault.CUT_AFTER_COMMIT):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b'{"version": 1, "pro')
                self.close_connection = True
            elif fault is Fault.RESET:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
                self.close_connection = True
            elif fault in (Fault.PAGE, Fault.PAGE_AFTER_COMMIT):
                self._send(200, _PAGE, "text/html")
            elif fault is Fault.HUGE:
                self._send(200, b'{"a": "' + b"x" * 8_500_000 + b'"}', "application/json")
            elif fault is Fault.PACKED_TWICE:
                self._send(200, b"xx", "application/json", Content_Encoding="gzip, gzip")
            elif fault is Fault.REDIRECT:
                self._send(302, b"", "text/plain", Location="http://127.0.0.2:9/elsewhere")
            elif fault is Fault.ODD:
                self._json(200, {"data": [{"unexpected": [None]}], "commits": 7, "version": "x"})

        def handle(self) -> None:
            try:
                super().handle()
            except (ConnectionError, ValueError):
                self.close_connection = True  # the client went away, as some tests make it

    return Handler


def as_javascript(value: Any) -> Any:
    """JSON after JavaScript: one kind of number."""
    return json.loads(
        json.dumps(value), parse_float=lambda text: int(f) if (f := float(text)) == int(f) else f
    )


class LangfuseServer(RegistryServer):
    """Labels are unique and move; `latest` is on the newest; a label is never taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.prompts: dict[str, list[dict[str, Any]]] = {}

    def leads(self, name: str, pointer: str) -> str | None:
        versions = self.prompts[name]
        return next((str(v["version"]) for v in versions if pointer in v["labels"]), None)

    def allows(self, headers: Mapping[str, str]) -> bool:
        token = base64.b64encode(f"{PUBLIC_KEY}:{KEY}".encode()).decode()
        return headers.get("authorization") == f"Basic {token}"

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        rest = path.removeprefix("/api/public/v2/prompts")
        if rest == path:
            return 404, {"message": "Not found", "error": "NotFound"}
        if method == "POST" and rest == "":
            return self._create(body)
        if method == "GET" and rest == "":
            return 200, self._list(query)
        name, _, version = rest.removeprefix("/").partition("/versions/")
        if method == "GET" and not version:
            return self._get(unquote(name), query)
        if method == "PATCH" and version:
            return self._label(unquote(name), version, body["newLabels"])
        return 405, {"message": "Method not allowed"}

    def _create(self, body: dict[str, Any]) -> Answer:
        name, kind = body["name"], body.get("type", "text")
        wrong = [label for label in body["labels"] if not re.fullmatch("[a-z0-9_.-]{1,36}", label)]
        if wrong or "|" in name or name == "new" or len(body.get("commitMessage") or "") > 500:
            return 400, {"message": "Invalid request data", "error": "InvalidRequestError"}
        if isinstance(body["prompt"], str) is (kind == "chat"):
            return 400, {"message": "Invalid request data", "error": "InvalidRequestError"}
        versions = self.prompts.setdefault(name, [])
        if versions and versions[-1]["type"] != kind:
            return 400, {"message": "Previous versions have different prompt type."}
        labels = [*dict.fromkeys([*body["labels"], "latest"])]
        self._take_away(name, labels)
        made = {
            "id": str(uuid.uuid4()),
            "name": name,
            "version": len(versions) + 1,
            "type": kind,
            "prompt": as_javascript(body["prompt"]),
            "config": as_javascript(body.get("config") or {}),
            "labels": labels,
            "tags": body.get("tags") or [],
            "commitMessage": body.get("commitMessage"),
            "createdAt": "2026-11-01T00:00:00.000Z",
        }
        versions.append(made)
        return 201, made

    def _take_away(self, name: str, labels: list[str]) -> None:
        for version in self.prompts[name]:
            version["labels"] = [label for label in version["labels"] if label not in labels]

    def _list(self, query: dict[str, str]) -> Any:
        rows = [
            {
                "name": name,
                "type": versions[-1]["type"],
                "versions": [version["version"] for version in versions],
                "labels": [label for version in versions for label in version["labels"]],
                "tags": [],
            }
            for name, versions in self.prompts.items()
            if query.get("name") in (None, name)
        ]
        return {"data": rows, "meta": {"page": 1, "limit": 100, "totalPages": 1}}

    def _get(self, name: str, query: dict[str, str]) -> Answer:
        label = query.get("label", "production")
        for version in self.prompts.get(name, []):
            wanted = query.get("version")
            if str(version["version"]) == wanted or (not wanted and label in version["labels"]):
                return 200, version
        error = f"Prompt not found: '{name}' with label '{label}'"
        return 404, {"message": error, "error": "LangfuseNotFoundError"}

    def _label(self, name: str, number: str, labels: list[str]) -> Answer:
        for version in self.prompts.get(name, []):
            if str(version["version"]) == number:
                self._take_away(name, labels)
                version["labels"] = [*dict.fromkeys([*labels, *version["labels"]])]
                return 200, version
        return 404, {"message": f"Prompt '{name}' version {number} not found in project"}


class LangsmithServer(RegistryServer):
    """Commits are found by hash, tag or `latest`; a tag is made, moved or deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.repos: dict[str, dict[str, Any]] = {}

    def leads(self, name: str, pointer: str) -> str | None:
        repo = self.repos[name.replace(".", "-")]
        tagged = repo["tags"].get(pointer)
        return next((c["commit_hash"] for c in repo["commits"] if c["id"] == tagged), None)

    def allows(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-api-key") == KEY

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        if path == "/settings":
            tenant = {"id": str(uuid.UUID(int=1)), "display_name": "t", "created_at": "2026-01-01"}
            return 200, {**tenant, "tenant_handle": None}
        if path == "/info":
            return 200, {}
        if path.rstrip("/") == "/repos" and method == "POST":
            return self._create(body)
        kind, _, rest = path.strip("/").partition("/-/")
        name, *more = rest.split("/")
        repo = self.repos.get(name)
        if repo is None:
            return 404, {"detail": "Repo not found"}
        if kind == "repos" and not more:
            return 200, {"repo": self._described(name, repo)}
        if kind == "repos" and more[0] == "tags":
            return self._tags(repo, method, unquote(more[1]) if more[1:] else "", body)
        if kind == "commits" and method == "POST":
            return self._commit(repo, body)
        if kind == "commits" and more:
            return self._find(repo, unquote(more[0]))
        if kind == "commits":
            offset, limit = int(query.get("offset", 0)), int(query.get("limit") or 20)
            newest = repo["commits"][::-1]
            listed = [
                {key: value for key, value in commit.items() if key != "manifest"}
                for commit in newest[offset : offset + limit]
            ]
            return 200, {"commits": listed, "total": len(newest)}
        return 405, {"detail": "Method not allowed"}

    def _create(self, body: dict[str, Any]) -> Answer:
        name = body["repo_handle"]
        if not re.fullmatch("[a-z][a-z0-9_-]*", name):
            return 422, {"detail": "Invalid handle"}
        if name in self.repos:
            return 409, {"detail": "Repo already exists"}
        self.repos[name] = {**body, "commits": [], "tags": {}, "id": str(uuid.uuid4())}
        return 200, {"repo": self._described(name, self.repos[name])}

    def _described(self, name: str, repo: dict[str, Any]) -> dict[str, Any]:
        counts = ("num_likes", "num_downloads", "num_views", "num_commits")
        newest = repo["commits"][-1]["commit_hash"] if repo["commits"] else None
        return {
            **dict.fromkeys(counts, 0),
            "repo_handle": name,
            "id": repo["id"],
            "tenant_id": str(uuid.UUID(int=1)),
            "full_name": f"-/{name}",
            "owner": None,
            "is_public": False,
            "is_archived": False,
            "tags": [],
            "description": repo["description"],
            "readme": "",
            "created_at": "2026-11-01T00:00:00Z",
            "updated_at": "2026-11-01T00:00:00Z",
            "original_repo_id": None,
            "upstream_repo_id": None,
            "original_repo_full_name": None,
            "upstream_repo_full_name": None,
            "last_commit_hash": newest,
        }

    def _commit(self, repo: dict[str, Any], body: dict[str, Any]) -> Answer:
        newest = repo["commits"][-1] if repo["commits"] else None
        if body["parent_commit"] != (newest and newest["commit_hash"]):
            return 409, {"detail": "Parent commit is not the latest"}
        manifest = as_javascript(body["manifest"])
        if newest and newest["manifest"] == manifest:
            return 409, {"detail": "Nothing to commit: prompt has not changed since latest commit"}
        text = json.dumps([manifest, body["parent_commit"]], sort_keys=True)
        commit = {
            "id": str(uuid.uuid4()),
            "commit_hash": hashlib.sha256(text.encode()).hexdigest(),
            "parent_commit_hash": body["parent_commit"],
            "description": body.get("description"),
            "manifest": manifest,
            "created_at": "2026-11-01T00:00:00Z",
        }
        repo["commits"].append(commit)
        return 200, {"commit": {k: v for k, v in commit.items() if k != "manifest"}}

    def _find(self, repo: dict[str, Any], ref: str) -> Answer:
        tagged = repo["tags"].get(ref)
        for commit in reversed(repo["commits"]):
            if ref == "latest" or commit["id"] == tagged or commit["commit_hash"] == ref:
                return 200, {
                    "commit_hash": commit["commit_hash"],
                    "manifest": commit["manifest"],
                    "description": commit["description"],
                    "examples": [],
                }
        return 404, {"detail": "Commit not found"}

    def _tags(self, repo: dict[str, Any], method: str, name: str, body: Any) -> Answer:
        ids = {commit["id"]: commit["commit_hash"] for commit in repo["commits"]}
        tags = repo["tags"]
        if method == "GET":
            return 200, [
                {"id": tag, "tag_name": tag, "commit_id": one, "commit_hash": ids[one]}
                for tag, one in tags.items()
            ]
        if method == "POST" and body["tag_name"] in tags:
            return 409, {"detail": "Tag already exists"}
        if method in ("PATCH", "DELETE") and name not in tags:
            return 404, {"detail": "Tag not found"}
        if method == "DELETE":
            del tags[name]
            return 204, None
        if body["commit_id"] not in ids:
            return 404, {"detail": "Commit not found"}
        tags[body.get("tag_name", name)] = body["commit_id"]
        return 200, {"tag_name": body.get("tag_name", name), "commit_id": body["commit_id"]}


_IDENTIFIER = re.compile("[a-z0-9]([_a-z0-9-]*[a-z0-9])?")
_OPENAI = frozenset(
    {"temperature", "max_tokens", "max_completion_tokens", "frequency_penalty", "seed", "top_p"}
    | {"presence_penalty", "stop", "reasoning_effort", "extra_body"}
)


class PhoenixServer(RegistryServer):
    """Strict about names and parameters; floats come back as floats; pages have cursors."""

    page = 2

    def __init__(self) -> None:
        super().__init__()
        self.prompts: dict[str, list[dict[str, Any]]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self._count = 0

    def leads(self, name: str, pointer: str) -> str | None:
        return self.tags[name.replace(".", "-")].get(pointer)

    def allows(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {KEY}"

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> Answer:
        kind, *parts = [unquote(part) for part in path.removeprefix("/v1/").split("/")]
        if kind == "prompts" and method == "POST" and not parts:
            return self._create(body)
        if kind == "prompts" and method == "GET" and parts:
            return self._prompt(parts[0], parts[1:], query)
        if kind == "prompt_versions" and parts:
            return self._version(method, parts[0], parts[1:], query, body)
        return 404, {"detail": "Not Found"}

    def _create(self, body: dict[str, Any]) -> Answer:
        version, name = body["version"], body["prompt"]["name"]
        parameters = version["invocation_parameters"]
        given = parameters[parameters["type"]]
        roles = {message["role"] for message in version["template"]["messages"]}
        known = roles <= {"user", "assistant", "model", "ai", "tool", "system", "developer"}
        if not _IDENTIFIER.fullmatch(name) or not set(given) <= _OPENAI or not known:
            return 422, {"detail": [{"msg": "Value error"}]}
        if not isinstance(given.get("stop", []), list):
            return 422, {"detail": [{"msg": "Input should be a valid list"}]}
        floats = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
        stored = {k: float(v) if k in floats else v for k, v in given.items()}
        self._count += 1
        ref = base64.b64encode(f"PromptVersion:{self._count}".encode()).decode()
        made = {
            **version,
            "invocation_parameters": {"type": parameters["type"], parameters["type"]: stored},
            "description": version.get("description") or "",
            "id": ref,
        }
        self.prompts.setdefault(name, []).append(made)
        self.tags.setdefault(name, {})
        return 200, {"data": made}

    def _prompt(self, name: str, parts: list[str], query: dict[str, str]) -> Answer:
        versions = self.prompts.get(name, [])[::-1]
        if parts == ["versions"]:
            return 200, self._paged(versions, query)
        wanted = self.tags.get(name, {}).get(parts[1]) if parts[0] == "tags" else None
        for version in versions:
            if parts == ["latest"] or version["id"] == wanted:
                return 200, {"data": version}
        return 404, {"detail": "Not Found"}

    def _version(
        self, method: str, ref: str, parts: list[str], query: dict[str, str], body: Any
    ) -> Answer:
        for name, versions in self.prompts.items():
            for version in versions:
                if version["id"] != ref:
                    continue
                tags = self.tags[name]
                if method == "GET" and not parts:
                    return 200, {"data": version}
                if method == "GET":
                    own = [{"id": t, "name": t} for t, at in tags.items() if at == ref]
                    return 200, self._paged(own, query)
                if method == "POST" and _IDENTIFIER.fullmatch(body["name"]):
                    tags[body["name"]] = ref
                    return 204, None
                if method == "DELETE" and tags.pop(parts[1], None):
                    return 204, None
                return (404 if method == "DELETE" else 422), {"detail": "Invalid tag name"}
        return (404 if ref.startswith("UHJvbXB0VmVyc2lvbj") else 422), {"detail": "Invalid"}

    def _paged(self, rows: list[Any], query: dict[str, str]) -> Any:
        at = int(query.get("cursor", 0))
        end = at + self.page
        return {"data": rows[at:end], "next_cursor": str(end) if end < len(rows) else None}
