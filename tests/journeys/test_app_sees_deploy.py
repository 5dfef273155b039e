"""An app that reads the live prompt sees what another process deploys, without a restart."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.registry import PromptRegistry, PromptVersion

APP = """\
import json, sys
from workbench import PromptRegistry

registry = PromptRegistry(sys.argv[1])
for line in sys.stdin:
    prompt = registry.get_active("greeting", environment="development")
    heavy = sorted({"textual", "openai", "numpy", "yaml", "sqlite_utils"} & set(sys.modules))
    content = prompt.messages(name=line.strip())[0]["content"]
    print(json.dumps([prompt.version, content, prompt.source, heavy]), flush=True)
"""


class App:
    """The app's process: one line in, one answer out."""

    def __init__(self, registry: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", APP, str(registry)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def reads(self) -> list[Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("Ana\n")
        self.process.stdin.flush()
        reading: list[Any] = json.loads(self.process.stdout.readline())
        return reading


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "workbench.toml").write_text("")
    (tmp_path / ".workbench").mkdir()
    return tmp_path / ".workbench" / "registry.db"


@pytest.fixture
def app(path: Path) -> Iterator[App]:
    with PromptRegistry(path, create=True) as registry:
        for number, text in (("1.0.0", "Hello {name}"), ("1.1.0", "Hi {name}")):
            registry.register(PromptVersion("greeting", number, text, author="ana"))
        registry.deploy("greeting", "1.0.0", "development", "ana")
    running = App(path)
    yield running
    running.process.communicate(timeout=60)


def workbench(path: Path, *arguments: str) -> None:
    """Another process: the command line."""
    subprocess.run(
        [sys.executable, "-m", "workbench", *arguments, "--workspace", str(path.parent.parent)],
        check=True,
        capture_output=True,
        timeout=60,
    )


def test_the_app_sees_deployments_and_rollbacks_of_another_process(app: App, path: Path) -> None:
    assert app.reads() == ["1.0.0", "Hello Ana", "registry", []]
    workbench(path, "deploy", "greeting@1.1.0", "development")
    assert app.reads() == ["1.1.0", "Hi Ana", "registry", []]
    workbench(path, "rollback", "greeting", "development", "--reason", "too short")
    assert app.reads() == ["1.0.0", "Hello Ana", "registry", []]


def test_the_app_goes_on_when_the_registry_is_gone(app: App, path: Path) -> None:
    assert app.reads()[0] == "1.0.0"
    for file in path.parent.glob("registry.db*"):
        file.rename(file.with_name(f"{file.name}.away"))
    deadline = time.monotonic() + 60
    source = "registry"
    while source == "registry" and time.monotonic() < deadline:
        # A busy app asks fifty times a second whether the file is still there, not at each read.
        version, content, source, _ = app.reads()
        assert (version, content) == ("1.0.0", "Hello Ana")
    assert source == "memory"
