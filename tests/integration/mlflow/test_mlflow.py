"""Versions in MLflow's own registry, in its database and behind its server, as apps read them."""

from __future__ import annotations

import http.server
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.exporting import (
    FAULTS,
    TRIAGE,
    check_repaired,
    leaving,
    registry_of,
    reworded,
    send,
)
from workbench.errors import TargetRefused, TargetUnreachable
from workbench.exchange.clients import mlflow_process
from workbench.exchange.comparing import changed_keys
from workbench.exchange.targets.base import Destination
from workbench.exchange.targets.mlflow import KIND
from workbench.prompts.templates.templates import Renderer
from workbench.prompts.values import Input, Message, Prompt
from workbench.registry import PromptRegistry

START_S = 250.0
APP = """
import json, sys
import mlflow
mlflow.set_tracking_uri(sys.argv[1])
own = sys.stdout
sys.stdout = sys.stderr

def load(name, values):
    prompt = mlflow.genai.load_prompt(name, cache_ttl_seconds=0)
    return [prompt.format(**values), prompt.tags, prompt.model_config]

def configure(name, version, config):
    mlflow.genai.set_prompt_model_config(name, int(version), config)

def register(name, template, alias):
    version = mlflow.genai.register_prompt(name, template=template).version
    mlflow.genai.set_prompt_alias(name, alias=alias, version=version)

def make_model(name):
    mlflow.MlflowClient().create_registered_model(name)

for line in sys.stdin:
    function, *arguments = json.loads(line)
    print(json.dumps(globals()[function](*arguments)), file=own, flush=True)
"""
"""An app, and a colleague who works in MLflow itself."""
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    address = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--workers", "1"),
            *("--artifacts-destination", str(folder / "artifacts")),
        ],
        cwd=folder,
        env={**os.environ, **QUIET},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_until_it_answers(f"{address}/health", process)
        yield address
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def wait_until_it_answers(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server ended with {process.poll()}, or did not answer")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('database')}/mlflow.db"


@pytest.fixture(params=["database", "server"])
def uri(request: pytest.FixtureRequest) -> str:
    address: str = request.getfixturevalue(request.param)
    return address


@pytest.fixture(scope="module", autouse=True)
def _processes() -> Iterator[None]:
    yield
    mlflow_process.close_all()


@pytest.fixture
def there(uri: str) -> Destination:
    return Destination(uri=uri, options={"timeout": 60.0}, name="mlflow")


Ask = Callable[..., Any]


def asking(uri: str, log: Path) -> Iterator[Ask]:
    """A process that has MLflow and nothing of the workbench."""
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-I", "-c", APP, uri],
            env={**os.environ, **QUIET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None

    def ask(*words: Any) -> Any:
        assert process.stdin is not None
        assert process.stdout is not None
        print(json.dumps(words), file=process.stdin, flush=True)
        line = process.stdout.readline()
        assert line, log.read_text()[-2000:]
        return json.loads(line)

    with process.stdin, process.stdout:
        yield ask
        process.kill()
    process.wait()


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Ask]]:
    """One process for each registry."""
    running: dict[str, tuple[Ask, Iterator[Ask]]] = {}

    def of(uri: str) -> Ask:
        if uri not in running:
            made = asking(uri, tmp_path_factory.mktemp("app") / "log")
            running[uri] = next(made), made
        return running[uri][0]

    yield of
    for _, made in running.values():
        next(made, None)


@pytest.fixture
def app(apps: Callable[[str], Ask], uri: str) -> Ask:
    return apps(uri)


@pytest.fixture
def registry(tmp_path: Path, uri: str) -> Iterator[PromptRegistry]:
    del uri
    name = f"triage.{tmp_path.name}".lower()[:60]
    first = replace(TRIAGE, prompt_id=name)
    second = reworded(first, "one queue", "exactly one queue")
    with registry_of(tmp_path / "state", [("1.0.0", first), ("1.1.0", second)]) as made:
        yield made


def test_an_app_loads_what_was_deployed_and_sees_the_rollback(
    there: Destination, registry: PromptRegistry, app: Ask
) -> None:
    name = registry.prompts()[0].prompt_id
    for version in ("1.0.0", "1.1.0"):
        send(KIND, leaving(registry, f"{name}@{version}"), there)
    values = {"tone": "calm", "ticket": "Help! {{tone}} \\d"}

    text, tags, config = app("load", f"prompts:/{name}@production", values)
    expected = Renderer(registry.get_version(name, "1.1.0").prompt).render(values)
    assert [m["content"] for m in text] == [m.content for m in expected]
    assert tags["workbench.version"] == "1.1.0"
    assert tags["workbench.fingerprint"] == registry.get_version(name, "1.1.0").fingerprint
    assert tags["workbench.gate"] == "pass"
    assert (config["model_name"], config["temperature"]) == ("gpt-4.1-mini", 0.0)

    first = KIND.read_back(leaving(registry, f"{name}@1.0.0"), there)
    assert first is not None
    KIND.point(name, "production", first.ref, there)
    text, tags, _ = app("load", f"prompts:/{name}@production", values)
    assert tags["workbench.version"] == "1.0.0"
    assert "exactly" not in text[0]["content"]


def test_a_version_comes_back_with_its_fingerprint(
    there: Destination, registry: PromptRegistry
) -> None:
    name = registry.prompts()[0].prompt_id
    export = leaving(registry, f"{name}@1.0.0")
    send(KIND, export, there)
    held = KIND.newest(name, there)
    assert held is not None
    assert KIND.prompt(name, held).fingerprint == registry.get_version(name, "1.0.0").fingerprint


def test_a_second_export_sends_nothing(there: Destination, registry: PromptRegistry) -> None:
    name = registry.prompts()[0].prompt_id
    export = leaving(registry, f"{name}@1.0.0")
    send(KIND, export, there)
    send(KIND, export, there)
    newest = KIND.newest(name, there)
    assert newest is not None
    assert newest.ref == "1"


def test_a_changed_model_configuration_is_seen_and_is_another_draft(
    there: Destination, registry: PromptRegistry, app: Ask
) -> None:
    name = registry.prompts()[0].prompt_id
    export = leaving(registry, f"{name}@1.0.0")
    arrived = send(KIND, export, there)
    app("configure", name, arrived.ref, {"model_name": "gpt-5", "temperature": 1.5})

    held = KIND.read_back(export, there)
    assert held is not None
    assert {"model_config.model_name", "model_config.temperature"} <= {
        *changed_keys(KIND.content(export), held.content)
    }
    theirs = KIND.prompt(name, held)
    assert theirs.model is not None
    assert (theirs.model.id, theirs.model.options) == ("gpt-5", {"temperature": 1.5})
    assert theirs.messages == registry.get_version(name, "1.0.0").prompt.messages


def test_a_version_that_somebody_made_there_is_read_as_a_draft(
    there: Destination, registry: PromptRegistry, app: Ask
) -> None:
    name = registry.prompts()[0].prompt_id
    app("register", name, "Hi {{ who }}, {# no comment #}", "other")

    held = KIND.newest(name, there)
    assert held is not None
    assert held.version == ""
    draft = KIND.prompt(name, held)
    assert [i.name for i in draft.inputs] == ["who"]
    [message] = Renderer(draft).render({"who": "you"})
    assert message.content == "Hi you, {# no comment #}"
    assert KIND.pointers(name, there) == {"other": held.ref}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_an_export_that_is_cut_off_is_finished_by_the_next(
    there: Destination, registry: PromptRegistry, fault: tuple[str, bool]
) -> None:
    name = registry.prompts()[0].prompt_id
    check_repaired(KIND, fault, leaving(registry, f"{name}@1.0.0"), there)
    newest = KIND.newest(name, there)
    assert newest is not None
    assert newest.ref == "1"


def test_a_retired_environment_has_no_alias_and_retiring_it_again_is_nothing(
    there: Destination, registry: PromptRegistry
) -> None:
    name = registry.prompts()[0].prompt_id
    send(KIND, leaving(registry, f"{name}@1.0.0"), there)
    for _ in range(2):
        KIND.point(name, "production", None, there)
        assert KIND.pointers(name, there) == {}


def test_environments_that_mlflow_keeps_for_itself_have_another_alias(
    there: Destination, registry: PromptRegistry
) -> None:
    name = registry.prompts()[0].prompt_id
    export = leaving(registry, f"{name}@1.0.0", ["latest", "v2"])
    assert "the environment latest (the alias env-latest)" in map(str, KIND.loses(export))
    send(KIND, export, there)


@pytest.mark.parametrize(
    "template",
    [
        "plain {{ x }} and {{y}}",
        "{% if x %}{{ x | upper }}{% else %}none{% endif %} of {{ y }}",
        "{% for part in y.split(',') %}- {{ part }}\n{% endfor %}end",
        "{{- x -}} {# comment #} {{ '{' }} { {{ y }} }",
    ],
)
def test_templates_that_are_not_refused_render_as_here(
    database: str, apps: Callable[[str], Ask], tmp_path: Path, template: str
) -> None:
    name = f"rendered.{abs(hash(template))}"
    prompt = Prompt(name, (Message("user", template),), inputs=(Input("x"), Input("y")))
    there = Destination(uri=database, options={}, name="mlflow")
    with registry_of(tmp_path / "state", [("1.0.0", prompt)]) as registry:
        send(KIND, leaving(registry, f"{name}@1.0.0"), there)
    values = {"x": "an \\x", "y": "a,b"}
    text, _, _ = apps(database)("load", f"prompts:/{name}@production", values)
    assert text == Renderer(prompt).render(values)[0].content


def test_a_name_that_a_model_has_is_refused(
    there: Destination, registry: PromptRegistry, app: Ask
) -> None:
    name = registry.prompts()[0].prompt_id
    app("make_model", name)
    export = leaving(registry, f"{name}@1.0.0")
    assert KIND.read_back(export, there) is None
    with pytest.raises(TargetRefused, match="model"):
        KIND.send(export, there)


@pytest.fixture(scope="module")
def nowhere() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    "operation",
    [
        lambda export, there: KIND.read_back(export, there),
        lambda export, there: KIND.send(export, there),
        lambda export, there: KIND.pointers("triage", there),
        lambda export, there: KIND.point("triage", "production", "1", there),
        lambda export, there: KIND.point("triage", "production", None, there),
    ],
)
def test_a_server_that_is_not_there_is_unreachable(
    tmp_path: Path, nowhere: str, operation: Callable[[Any, Destination], Any]
) -> None:
    there = Destination(uri=nowhere, options={"timeout": 5.0}, name="mlflow")
    with registry_of(tmp_path / "state", [("1.0.0", TRIAGE)]) as registry:
        export = leaving(registry, "triage@1.0.0")
        with pytest.raises(TargetUnreachable) as caught:
            operation(export, there)
    assert caught.value.may_have_committed


class Answers(http.server.BaseHTTPRequestHandler):
    """A server that answers everything with one status."""

    status, body, moved_to = 500, b"", ""

    def do_GET(self) -> None:
        self.send_response(self.status)
        if self.moved_to:
            self.send_header("Location", self.moved_to)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_DELETE = do_PATCH = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


HOSTILE = b"<html>\x1b[2J token-token-token-42 {{x}}</html>"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, b'{"error_code": "UNAUTHENTICATED", "message": "no"}', TargetRefused),
        (403, b'{"error_code": "PERMISSION_DENIED", "message": "no"}', TargetRefused),
        (404, HOSTILE, TargetRefused),
        (302, b"", TargetRefused),
        (200, HOSTILE, TargetRefused),
        (429, b"", TargetUnreachable),
        (500, HOSTILE, TargetUnreachable),
        (503, b"", TargetUnreachable),
    ],
)
def test_what_a_server_answers_decides_whether_a_later_try_may_help(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    body: bytes,
    error: type[Exception],
) -> None:
    monkeypatch.setenv("TEST_MLFLOW_TOKEN", "token-token-token-42")
    answers = type("Fixed", (Answers,), {"status": status, "body": body})
    if status == 302:
        answers.moved_to = "http://127.0.0.1:9/elsewhere"  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), answers) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        uri = f"http://127.0.0.1:{service.server_port}"
        options = {"timeout": 20.0, "token_env": "TEST_MLFLOW_TOKEN"}
        with pytest.raises(error) as caught:
            KIND.pointers("triage", Destination(uri=uri, options=options, name="mlflow"))
        service.shutdown()
    assert "token-token" not in str(caught.value)
    assert str(caught.value).isprintable()
