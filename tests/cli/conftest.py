"""A workspace on a loopback provider, and the command as a process of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from workbench.cli import main

SETTINGS = """\
[workspace]
author = "ana"

[providers.mock]
base_url = "{url}"

[environments.production]
from = "staging"
"""
DRAFT = """\
---
name: triage
model: {id: mock, provider: mock, options: {temperature: 0}}
inputs: [{name: ticket, kind: string}]
---
system:
plain

user:
{{ ticket }}
"""
SUITE = """\
suite: triage
prompt: triage
dataset: cases.jsonl
scorers: [exact_match]
gate: {threshold: 0.8, margin: 0.1}
run: {concurrency: 8}
"""
RIGHT = {"plain": 5, "better": 9, "best": 10, "worse": 2}
"""How many of ten cases a prompt gets right, by its first word."""


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str:
    """Right for as many cases as the prompt's first word says."""
    del options
    right = RIGHT.get(messages[0]["content"].split()[0], 0)
    number = int(re.findall(r"\d+", messages[-1]["content"])[0])
    return "billing" if number % 10 < right else "sales"


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        parsed: dict[str, Any] = json.loads(self.out)
        return parsed


class Cli:
    """Runs `workbench` in a workspace."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.root = root
        self.environ = environ

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "workbench", *arguments]

    def __call__(self, *arguments: str, **environ: str) -> Done:
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def here(self, *arguments: str, **environ: str) -> Done:
        """The same in this process, which saves the imports; not for what signals do."""
        out, err = io.StringIO(), io.StringIO()
        before, handler, folder = dict(os.environ), signal.getsignal(signal.SIGINT), Path.cwd()
        os.environ.update(self.environ | environ)
        os.chdir(self.root)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main.run(arguments)
        finally:
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(before)
            signal.signal(signal.SIGINT, handler)
        assert "Traceback" not in err.getvalue()
        return Done(code, out.getvalue(), err.getvalue())

    def say(self, first_word: str) -> None:
        """Change the draft."""
        path = self.root / "prompts" / "triage.prompty"
        text = re.sub(r"(?<=system:\n)\w+", first_word, path.read_text())
        path.write_text(text)


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer) as running:
        yield running


@pytest.fixture(scope="module")
def cli(server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    return make_cli(tmp_path_factory.mktemp("workspace"), server.base_url)


@pytest.fixture
def fresh_cli(server: OpenAIServer, tmp_path: Path) -> Cli:
    """A workspace of one test alone."""
    return make_cli(tmp_path / "workspace", server.base_url)


def make_cli(root: Path, url: str) -> Cli:
    """A workspace of 20 dev and 100 gate cases."""
    (root / "prompts").mkdir(parents=True)
    (root / "evals" / "triage").mkdir(parents=True)
    (root / "workbench.toml").write_text(SETTINGS.format(url=url))
    (root / "prompts" / "triage.prompty").write_text(DRAFT)
    (root / "evals" / "triage" / "suite.yaml").write_text(SUITE)
    rows = [
        {
            "id": f"c{number:03}",
            "inputs": {"ticket": f"case {number}"},
            "expected": "billing",
            "split": "gate" if number < 100 else "dev",
        }
        for number in range(120)
    ]
    lines = "\n".join(json.dumps(row) for row in rows)
    (root / "evals" / "triage" / "cases.jsonl").write_text(lines)
    home = root.parent / f"{root.name}-home"
    environ = {
        **os.environ,
        "WORKBENCH_CONFIG": str(home / "config"),
        "WORKBENCH_STATE": str(home / "state"),
        "COLUMNS": "100",
    }
    return Cli(root, environ)
