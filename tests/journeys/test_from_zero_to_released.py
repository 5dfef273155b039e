"""A person with an empty folder: a prompt of their own, released, read by an app, replaced and
rolled back, by keys alone in a terminal; and the same in a shell.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.openai_server import OpenAIServer
from tests.support.walker import Walker
from workbench.actions.session import Session
from workbench.workspace import open_workspace

LABELS = ("billing", "delivery", "other")
MOST_KEYS = 140
PROMPT = "system:\nAnswer with one of billing, delivery, other.\n\nuser:\n{{ text }}"
ROWS = "text\tlabel\n" + "".join(
    f'"Ticket {number}, ""please"": about {LABELS[number % 3]}"\t{LABELS[number % 3]}\n'
    for number in range(20)
)
APP = """
import sys
from workbench import PromptRegistry
live = PromptRegistry(".workbench/registry.db").get_active("triage", environment="production")
print(live.version, live.messages(text="hello")[0]["content"])
"""


def answer(messages: list[dict[str, Any]], _options: dict[str, Any]) -> str:
    text = str(messages[-1]["content"])
    return next((label for label in LABELS if f"about {label}" in text), "ready")


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(answer, model="small-model") as running:
        yield running


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    told = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "EDITOR")}
    own = {"WORKBENCH_CONFIG": str(tmp_path / "config"), "WORKBENCH_STATE": str(tmp_path / "state")}
    author = {"GIT_AUTHOR_NAME": "ana"}
    return told | own | author | {"TERM": "xterm-256color", "PYTHONPATH": str(Path.cwd())}


def register(person: Walker, version: str, description: str) -> None:
    person.press("ctrl+s")
    person.sees("Register triage", version)
    person.type(description)
    person.press("ctrl+s")
    person.sees(f"registered triage@{version}")


def release(person: Walker, version: str, *, asks: bool) -> None:
    """Evaluate it, read the verdict, make it live in both environments."""
    person.press("f2")
    person.sees("[1 Prompts]", f"{version} has no evidence · v Evaluate")
    person.press("v")
    if asks:
        person.sees(f"Evaluate triage@{version} · y starts it")
        person.press("y")
    person.sees(f"PASS · triage@{version}")
    person.press("escape", "f2")
    for place in ("staging", "production"):
        person.sees("[1 Prompts]", "D Deploy")
        person.press("D")
        person.sees(f"Deploy triage@{version}", f"{place}: ", f"→ {version}")
        person.press("ctrl+s")
        person.sees(f"triage@{version} is live in {place}")


@pytest.mark.timeout(600)
@pytest.mark.exhaustive
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_an_empty_folder_to_a_rollback_by_keys_alone(
    size: tuple[int, int], tmp_path: Path, server: OpenAIServer, environ: dict[str, str]
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with Walker(
        [sys.executable, "-m", "workbench"], cwd=folder, size=size, environ=environ
    ) as person:
        person.sees("There is no workspace", "[Y/n]")
        person.press("enter")
        person.sees("Begin with:", "pasted text…")
        person.press(*["down"] * 5, "enter")
        person.sees("New prompt from a text")
        person.paste(PROMPT)
        person.sees("inputs: text")
        person.press("tab")
        person.type("triage")
        person.press("enter")
        person.sees("EDITING · triage", "F5")

        person.press("f2")
        person.sees("[1 Prompts]", "the draft is not registered")
        person.press("P")
        person.sees("New provider", "variable with the key")
        person.press("tab", "tab")
        person.type("mine")
        person.press("enter")
        person.paste(server.base_url)
        person.sees("none: no key is sent")
        person.press("ctrl+s")
        person.sees("Models of mine", "small-model", "trusts this workspace")
        person.press("enter", "enter")
        person.sees("ok, ", ": ready")
        person.press("ctrl+s")
        person.sees("saved [providers.mine]", "asks small-model")

        person.press("f5")
        person.sees("New suite of triage · 1/5 cases", "paste rows")
        person.paste(ROWS)
        person.sees("20 rows")
        person.press("ctrl+s")
        person.sees("2/5 columns", "20 cases, 20 with an expected answer")
        person.press("ctrl+s")
        person.sees("3/5 scorers", "exact_match 1.00")
        person.press("ctrl+s")
        person.sees("4/5 gate", "no case that passed may fail")
        person.press("ctrl+s")
        person.sees("5/5 files", "rule: no_regressions")
        person.press("ctrl+s")
        person.sees("Run triage (draft)", "20 calls")
        person.press("ctrl+s")
        person.sees("[3 Run]", "20/20", "complete")

        person.press("f3")
        person.sees("EDITING · triage", "esc leaves")
        register(person, "1.0.0", "first")
        release(person, "1.0.0", asks=False)
        person.press("m")
        person.sees("as an app reads it", "1.0.0 is live in production: read in")
        to_first = person.count
        person.press("escape")
        person.sees("[1 Prompts]", "D Deploy")

        person.press("f3")
        person.sees("EDITING · triage")
        person.type("Be exact. ")
        person.sees("registers as 1.0.1")
        register(person, "1.0.1", "exact")
        release(person, "1.0.1", asks=True)
        person.press("f9")
        person.sees("[5 Deploys]", "R rolls production back to 1.0.0")
        person.press("R")
        person.sees("1.0.1 → 1.0.0", "reason")
        person.type("slow")
        person.press("ctrl+s")
        person.sees("production is back on triage@1.0.0", "ROLLBACK")
        person.press("ctrl+q")
        assert person.wait_for_end() == 0
    with Session(open_workspace(folder)) as session:
        live = session.registry.get_active("triage")
        assert live is not None and live.version == "1.0.0"
        assert [one.version for one in session.registry.live("triage")] == ["1.0.0", "1.0.1"]
    assert to_first <= 90 and person.count <= MOST_KEYS, (to_first, person.count)


@pytest.mark.exhaustive
@pytest.mark.timeout(600)
def test_the_same_in_a_shell(tmp_path: Path, server: OpenAIServer, environ: dict[str, str]) -> None:
    folder = tmp_path / "mine"
    (tmp_path / "cases.tsv").write_text(ROWS)
    (tmp_path / "prompt.txt").write_text(PROMPT)

    def sh(*arguments: str, code: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *arguments, "--json"],
            cwd=folder if folder.exists() else tmp_path,
            env=environ,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def release(version: str) -> None:
        sh("register", "triage", "--description", "words")
        assert sh("evaluate", f"triage@{version}")["gate"] == "pass"
        for place in ("staging", "production"):
            sh("deploy", f"triage@{version}", place, "--reason", "passed")

    def app() -> str:
        code = [sys.executable, "-c", APP]
        return subprocess.run(code, cwd=folder, env=environ, capture_output=True, text=True).stdout

    sh("init", str(folder))
    sh("new", "provider", "mine", "--base-url", server.base_url)
    sh("trust")
    sh("new", "prompt", "triage", "--text", str(tmp_path / "prompt.txt"))
    sh(
        "new",
        "suite",
        "triage",
        "--cases",
        str(tmp_path / "cases.tsv"),
    )
    draft = folder / "prompts" / "triage.prompty"
    draft.write_text(draft.read_text().replace("gemma-3-270m", "small-model"))
    draft.write_text(draft.read_text().replace("provider: local", "provider: mine"))
    assert sh("run", "triage")["score"] == 1.0
    release("1.0.0")
    assert app() == "1.0.0 Answer with one of billing, delivery, other.\n"
    draft.write_text(draft.read_text().replace("Answer with", "Be exact. Answer with"))
    release("1.0.1")
    assert app() == "1.0.1 Be exact. Answer with one of billing, delivery, other.\n"
    sh("rollback", "triage", "production", "--reason", "slow", "--yes")
    assert app() == "1.0.0 Answer with one of billing, delivery, other.\n"
