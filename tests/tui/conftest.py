"""A workspace with two versions, one of them live; a server; screens as text."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.app import App

from tests.support.openai_server import OpenAIServer
from tests.support.screens import screen_text
from workbench.actions.refs import resolve
from workbench.actions.releasing.deploy import deploy
from workbench.actions.releasing.evaluate import evaluate
from workbench.actions.releasing.register import register
from workbench.actions.session import Session
from workbench.workspace import Workspace, open_workspace

SNAPSHOTS = Path(__file__).parent / "snapshots"
QUEUES = ("billing", "bug", "how-to", "account")
PROMPT = "support_triage"

PLAIN_DRAFT = """\
---
name: support_triage
description: Route a support ticket to one queue
model:
  id: gpt-x-mini
  provider: mock
  options: {temperature: 0, maxOutputTokens: 8}
inputs:
  - {name: ticket, kind: string, required: true, description: What the customer wrote}
template: {format: {kind: jinja2}, parser: {kind: prompty}}
---
system:
Answer with one queue name only.

user:
{{ ticket }}
"""
CAREFUL_DRAFT = PLAIN_DRAFT.replace("one queue name only.", "exactly one of the queue names.")

SUITE = """\
suite: support_triage
prompt: support_triage
dataset: cases.jsonl
scorers:
  - exact_match: {ignore_case: true, strip: true}
gate: {scorer: exact_match, baseline: production, margin: 0.05, threshold: 0.60}
run: {concurrency: 8, timeout: 30s}
"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-snapshots", action="store_true", help="rewrite the text snapshots")


def triage(messages: list[dict[str, str]], _options: dict[str, object]) -> str:
    """Right, except that the plain prompt takes every fifth ticket for a how-to."""
    ticket = str(messages[-1]["content"])
    number = int(re.findall(r"\d+", ticket)[0])
    if "exactly" not in messages[0]["content"] and number % 5 == 0:
        return "how-to"
    return next((queue for queue in QUEUES if f"about {queue}" in ticket), "billing")


@pytest.fixture(scope="session")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(triage, model="gpt-x-mini") as running:
        yield running


def write_workspace(root: Path, base_url: str, *, extra: str = "") -> Workspace:
    """The files of a workspace, without any state."""
    (root / "prompts").mkdir(parents=True)
    (root / "evals" / PROMPT).mkdir(parents=True)
    (root / "workbench.toml").write_text(
        f'[workspace]\nauthor = "ana"\n\n[providers.mock]\nbase_url = "{base_url}"\n'
        f'prices = {{"gpt-x-mini" = {{input = 0.4, output = 1.6}}}}\n{extra}'
    )
    (root / "prompts" / f"{PROMPT}.prompty").write_text(PLAIN_DRAFT)
    (root / "evals" / PROMPT / "suite.yaml").write_text(SUITE)
    rows = [
        {
            "id": f"t-{number:03}",
            "inputs": {"ticket": f"Ticket {number}: a question about {QUEUES[number % 4]}"},
            "expected": QUEUES[number % 4],
            "split": "dev" if number < 20 else "gate",
        }
        for number in range(80)
    ]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (root / "evals" / PROMPT / "cases.jsonl").write_text(lines)
    return open_workspace(root)


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory, server: OpenAIServer) -> Path:
    """1.0.0 evaluated and live in production; 1.0.1 evaluated; the draft equals 1.0.1."""
    root = tmp_path_factory.mktemp("released") / "shop"
    workspace = write_workspace(root, server.base_url)
    draft = root / "prompts" / f"{PROMPT}.prompty"
    with Session(workspace) as session:
        register(session, resolve(session, PROMPT), description="a plain instruction")
        evaluate(session, PROMPT, "1.0.0")
        deploy(session, PROMPT, "1.0.0", "production", reason="first release")
        draft.write_text(CAREFUL_DRAFT)
        register(session, resolve(session, PROMPT), description="names must be exact")
        evaluate(session, PROMPT, "1.0.1")
    return root


@pytest.fixture
def workspace(released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A copy of the released workspace, to change at will."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    for name in ("NO_COLOR", "VISUAL", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    shutil.copytree(released, tmp_path / "shop")
    return open_workspace(tmp_path / "shop")


@pytest.fixture
def fresh(tmp_path: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Drafts and a suite; nothing registered, nothing run."""
    monkeypatch.setenv("WORKBENCH_CONFIG", str(tmp_path / "config"))
    return write_workspace(tmp_path / "shop", server.base_url)


_CHANGING = (
    (re.compile(r"\d\d:\d\d:\d\d"), "hh:mm:ss"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d"), "yyyy-mm-dd hh:mm"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "yyyy-mm-dd"),
    (re.compile(r" \d+ (?:s|min|h|d)\b(?: ago)?"), " (age)"),
    (re.compile(r"≈ \d+:\d\d\b"), "≈ m:ss"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d{5}"), "ppppp"),
    (re.compile(r"\br[a-z0-9]{12}\b"), "run-id-------"),
)


def _steady(text: str) -> str:
    """Without times and ids; the blanks and lines beside them may shift, so those go too."""
    for pattern, sign in _CHANGING:
        text = pattern.sub(sign, text)
    return re.sub(r"[ ─]*(\(age\))", r" \1", text)


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[App[object], str], None]:
    """Compares the screen with tests/tui/snapshots/NAME.txt."""
    update = request.config.getoption("--update-snapshots", default=False)

    def compare(app: App[object], name: str) -> None:
        path = SNAPSHOTS / f"{name}.txt"
        shown = _steady(screen_text(app)) + "\n"
        if update or not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_text(shown)
            if not update:
                pytest.fail(f"{path} was missing and is written now: look at it, then run again")
            return
        assert shown == path.read_text(), f"the screen differs from {path}"

    return compare
