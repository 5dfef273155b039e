"""Make the workspace of a release that later ones must open: run once, with that release's code.

    python -m tests.upgrades.make_workspace FOLDER

It goes through commands and the public API only, against a loopback server. It leaves, named after
the release, an archive of the workspace with what this release says about it, and an archive of the
modules with which an app of this release reads a prompt, which Python can import as it is.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from tests.support.openai_server import OpenAIServer, Reply
from tests.upgrades.observe import observe
from workbench.registry import PromptRegistry, PromptVersion, evaluate_and_mark

SETTINGS = """\
[workspace]
author = "ana"

[providers.mock]
base_url = "{url}"

[environments.staging]

[environments.production]
from = "staging"
approvals = 1

[environments.edge]
untested = true
"""

TRIAGE = """\
---
name: triage
description: Route a ticket
metadata: {authors: [ana], tags: [support]}
model: {id: small, provider: mock, options: {temperature: 0, maxOutputTokens: 8}}
inputs: [{name: ticket, kind: string, description: What the customer wrote}]
template: {format: {kind: jinja2}, parser: {kind: prompty}}
---
system:
plain

user:
{{ ticket }}
"""
GREETING = """\
---
name: greeting
model: {id: small, provider: mock}
inputs:
  - {name: ticket, kind: string}
  - {name: who, kind: string, required: false}
  - {name: facts, kind: object, required: false, default: {city: Zürich}}
---
system:
better {% if who is defined %}defined{% endif %} {{ who | default('there') }}

user:
{{ ticket }} {{ facts | tojson }} {{ "café & 'ok'" | tojson }}
"""
FLAGS = """\
---
name: flags
model: {id: small, provider: mock}
inputs:
  - {name: ticket, kind: string}
  - {name: vip, kind: boolean}
---
system:
best {% if vip %}vip{% else %}regular{% endif %}

user:
{{ ticket }}
"""
SIMPLE = """\
---
name: {name}
model: {{id: small, provider: mock}}
inputs: [{{name: ticket, kind: string}}]
---
system:
{first}

user:
{{{{ ticket }}}}
"""
UNNAMED = """\
---
name: unnamed
model: {id: house-model}
inputs: [{name: ticket, kind: string}]
---
user:
{{ ticket }}
"""
SUITE = """\
suite: {name}
prompt: {name}
dataset: {dataset}
scorers: {scorers}
gate: {{threshold: 0.5, margin: 0.1}}
run: {{concurrency: 8}}
"""
EXPECTED = "expected.json"
COMPARED = "compared.json"
COMPARE = ("compare", "triage@1.0.1", "triage@1.0.2", "--json")
RIGHT = {"plain": 5, "better": 9, "best": 10, "worse": 2}
"""How many of ten cases a prompt gets right, by its first word."""


def answer(messages: list[dict[str, Any]], options: dict[str, Any]) -> str | Reply:
    """Right for as many cases as the prompt's first word says."""
    number = int(re.findall(r"\d+", messages[-1]["content"])[0])
    if "outage" in messages[-1]["content"]:
        return Reply("overloaded", status=400)
    right = number % 10 < RIGHT.get(messages[0]["content"].split()[0], 0)
    return Reply("billing" if right else "sales", model="small-2026-05-01")


class _Workspace:
    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, *arguments: str, code: int = 0, by: str = "ana") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "workbench", *arguments, "--workspace", str(self.root)],
            env={**os.environ, "LOGNAME": by, "WORKBENCH_AUTHOR": by},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode != code:
            raise SystemExit(f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def draft(self, name: str, text: str) -> None:
        self.write(f"prompts/{name}.prompty", text)

    def suite(self, name: str, dataset: str, cases: str, scorers: str = "[exact_match]") -> None:
        self.write(
            f"evals/{name}/suite.yaml", SUITE.format(name=name, dataset=dataset, scorers=scorers)
        )
        self.write(f"evals/{name}/{dataset}", cases)

    def release(self, name: str, version: str, *environments: str) -> None:
        self.run("register", name, "-d", f"makes {version}", "--json")
        self.run("evaluate", f"{name}@{version}", "--yes")
        for environment in environments:
            if environment == "production":
                approve(self.root, name, version)
            self.run("deploy", f"{name}@{version}", environment, "--reason", "release")


def approve(root: Path, name: str, version: str) -> None:
    """A second person's word."""
    with PromptRegistry(root / ".workbench" / "registry.db") as registry:
        registry.approve(name, version, "production", "ben", "read it")


def rows(count: int, **more: Any) -> str:
    """JSONL cases whose expected answer is `billing`, with `more` of each number."""
    lines = []
    for number in range(count):
        row: dict[str, Any] = {
            "id": f"c{number:03}",
            "inputs": {"ticket": f"case {number}"},
            "expected": "billing",
            "split": "gate" if number < count - 10 else "dev",
            "tags": ["vip"] if number % 7 == 0 else [],
        }
        row |= {key: value(number) for key, value in more.items()}
        lines.append(json.dumps(row, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def csv(count: int, line_end: str, vip: bool) -> str:
    """The same as CSV, with a column of flags or without."""
    lines = ["id,ticket,vip,expected" if vip else "id,ticket,expected"]
    for number in range(count):
        flag = f",{'true' if number % 3 == 0 else 'false'}" if vip else ""
        lines.append(f'c{number},"case {number}"{flag},billing')
    return line_end.join([*lines, ""])


class Team:
    """A team's own suite."""

    name = "team_check"
    passing_threshold = 0.6

    def run(self, content: str) -> dict[str, float]:
        return {"short": 1.0 if len(content) < 50 else 0.0, "polite": 0.9}


def make(root: Path) -> None:
    """All of it, below `root`."""
    with OpenAIServer(answer) as server:
        work = _Workspace(root)
        root.mkdir(parents=True)
        work.write("workbench.toml", "")
        work.write("workbench.toml", SETTINGS.format(url=server.base_url))
        _triage(work)
        _other_prompts(work)
        _runs(work)
    _by_api(root)


def _triage(work: _Workspace) -> None:
    """Failing, tested, rolled back, overridden and revoked versions of one prompt."""
    work.suite("triage", "cases.jsonl", rows(110))
    work.draft("triage", TRIAGE)
    work.run("register", "triage", "-d", "a plain instruction")
    suite = work.root / "evals" / "triage" / "suite.yaml"
    strict = suite.read_text().replace("0.5", "0.8")
    suite.write_text(strict)
    work.run("evaluate", "triage@1.0.0", code=1)
    work.draft("triage", TRIAGE.replace("plain", "better"))
    work.release("triage", "1.0.1", "staging", "production")
    work.draft("triage", TRIAGE.replace("plain", "best"))
    work.release("triage", "1.0.2", "staging", "production")
    work.run("rollback", "triage", "production", "--reason", "too terse", "--yes")
    work.draft("triage", TRIAGE.replace("plain", "worse"))
    work.run("register", "triage", "-d", "an experiment")
    work.run("deploy", "triage@1.0.3", "staging", "--override", "--reason", "a demonstration")
    work.draft("triage", TRIAGE.replace("plain", "best of all"))
    work.run("register", "triage", "-d", "leaks a name")
    work.run("revoke", "triage@1.0.4", "--reason", "leaks a name")
    work.draft("triage", TRIAGE.replace("plain", "best we have"))


def _other_prompts(work: _Workspace) -> None:
    work.draft("greeting", GREETING)
    work.suite("greeting", "cases.jsonl", rows(30))
    work.release("greeting", "1.0.0", "staging", "production")

    work.draft("flags", FLAGS)
    work.suite("flags", "cases.csv", csv(30, "\r\n", vip=True))
    work.release("flags", "1.0.0", "staging")

    for name, first in (("plain_csv", "best"), ("edited", "best"), ("graded", "better"),
                        ("blank_expected", "best"), ("many_expected", "best"),
                        ("retired", "best")):  # fmt: skip
        work.draft(name, SIMPLE.format(name=name, first=first))
    work.suite("plain_csv", "cases.csv", csv(30, "\r\n", vip=False))
    work.release("plain_csv", "1.0.0", "staging", "production")

    work.suite("edited", "cases.jsonl", rows(30))
    work.release("edited", "1.0.0", "staging")
    work.suite("edited", "cases.jsonl", rows(31))

    scorers = "[similarity, {max_chars: {limit: 100, required: false}}]"
    work.suite("graded", "cases.jsonl", rows(60), scorers)
    work.release("graded", "1.0.0", "staging", "production")
    work.draft("graded", SIMPLE.format(name="graded", first="best"))
    work.release("graded", "1.0.1", "staging")

    blank = rows(30, expected=lambda n: "" if n % 5 == 0 else "billing")
    work.suite("blank_expected", "cases.jsonl", blank, "[contains]")
    work.release("blank_expected", "1.0.0", "staging")

    many = rows(30, expected=lambda n: ["billing", "invoice"])
    work.suite("many_expected", "cases.jsonl", many)
    work.release("many_expected", "1.0.0", "staging")

    work.suite("retired", "cases.jsonl", rows(30))
    work.release("retired", "1.0.0", "staging")
    work.run("retire", "retired", "staging", "--reason", "not used")

    work.draft("unnamed", UNNAMED)
    work.run("register", "unnamed", "-d", "names no provider")
    work.run("deploy", "unnamed@1.0.0", "edge")


def _runs(work: _Workspace) -> None:
    """Complete, repeated, limited, and with calls that failed."""
    work.run("run", "triage", "--json")
    work.run("run", "triage", "--prompt", "triage@1.0.1", "--repeats", "3", "--json")
    work.run("run", "triage", "--prompt", "triage@1.0.3", "--limit", "5", "--json")
    circuit_breaker = rows(
        20, inputs=lambda n: {"ticket": f"case {n}" + (" outage" if n > 17 else "")}
    )
    work.draft("outage", SIMPLE.format(name="outage", first="best"))
    work.suite("outage", "cases.jsonl", circuit_breaker)
    work.run("run", "outage", "--json", "--split", "all", code=4)
    (work.root / COMPARED).write_text(work.run(*COMPARE, code=3))


def _by_api(root: Path) -> None:
    """What a write-up of the field would do."""
    with PromptRegistry(root / ".workbench" / "registry.db") as registry:
        registry.register(PromptVersion("letter", "1.0.0", "Dear {name},", "plain", "ana"))
        registry.register(PromptVersion("letter", "1.1.0", "Hello {name},", "warmer", "ana"))
        evaluate_and_mark(registry, "letter", "1.0.0", Team())
        registry.deploy("letter", "1.0.0", "staging", "ana")
        registry.register_consumer("mailer", "letter", "staging", ">=1,<2", by="ana")


READ = """
import sys
from workbench import PromptRegistry
prompt = PromptRegistry(sys.argv[1]).get_active("triage", "production")
print("\\n".join(sorted(
    module.__file__ for name, module in sys.modules.items()
    if name.partition(".")[0] == "workbench" and module.__file__
)))
"""


def pack(root: Path) -> None:
    """The two archives, beside the workspace."""
    from workbench import __version__

    with zipfile.ZipFile(root.parent / f"workspace-{__version__}.zip", "w", 8) as archive:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm")):
                archive.write(path, path.relative_to(root))
    command = [sys.executable, "-c", READ, str(root / ".workbench" / "registry.db")]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    package = Path(modules[0]).parent
    with zipfile.ZipFile(root.parent / f"reader-{__version__}.zip", "w", 8) as archive:
        for module in modules:
            archive.write(module, Path("workbench") / Path(module).relative_to(package))


if __name__ == "__main__":
    folder = Path(sys.argv[1]).absolute()
    make(folder)
    observed = observe(folder)
    (folder / EXPECTED).write_text(json.dumps(observed, indent=1, ensure_ascii=False) + "\n")
    pack(folder)
