"""One byte changes of each thing that decides behaviour: the lineage and a reproduction say so.

A row of ROWS changes one byte in the workspace, or in what the provider says, and names what must
be read: how the evidence reads, the words, and the kind of node that is marked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Cli, answer, make_cli
from tests.support.openai_server import OpenAIServer
from tests.support.plugins import install
from workbench.child_process.installed import brought_by

DRAFT = """\
---
name: triage
model: {id: mock, provider: mock, options: {temperature: 0, seed: 7}}
inputs: [{name: ticket, kind: string}, {name: hint, kind: string, feature: hint}]
examples: {file: shots.jsonl, template: "{{ ticket }}: {{ expected }}"}
---
system:
better {% include "tone" %}
{{ examples }}

user:
{{ hint }} {{ ticket }}
"""
FEATURE = """\
import marks

FEATURE = {"inputs": ["ticket"], "output": "string"}


def hint(ticket):
    return marks.MARK + "ticket:"
"""
SCORER = "def own(answer, case):\n    return len(answer) < 90\n"
SUITE = """\
suite: routed
prompt: triage
dataset: {source: git, path: cases.jsonl, version: v1}
scorers: [exact_match: {ignore_case: true}]
gate: {threshold: 0.8, margin: 0.1}
"""
Evaluated = tuple[Cli, OpenAIServer]


def replace(cli: Cli, name: str, old: str, new: str) -> None:
    """Change one byte of a file."""
    path = cli.root / name
    before = path.read_text()
    after = before.replace(old, new, 1)
    assert len(after) == len(before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    path.write_text(after)


def another_model(cli: Cli, server: OpenAIServer) -> None:
    server.model = "mock-2026-01-02"
    assert cli.here("canary", "triage", "--sample", "10").code == 1


@dataclass(frozen=True)
class Row:
    """One change, and what is said of it."""

    what: str
    change: Callable[[Cli, OpenAIServer], None]
    reads: str
    words: str
    node: str
    reproduces: int = 0
    """Exit code of a reproduction: 4 where something is not to be had any more."""

    @property
    def of_draft(self) -> bool:
        """The draft has moved on, not what judged the version."""
        return " of the draft: " in self.words


def edit(name: str, old: str, new: str) -> Callable[[Cli, OpenAIServer], None]:
    return lambda cli, _: replace(cli, name, old, new)


ROWS = (
    Row(
        "data",
        edit("evals/triage/cases.jsonl", '"case 0"', '"case X"'),
        "stale",
        "cases: 100 -> 100 (changed c000)",
        "dataset",
    ),
    Row(
        "source version",
        edit("evals/routed/suite.yaml", "version: v1", "version: v2"),
        "stale",
        "the version of the source: ",
        "dataset",
    ),
    Row("model pin", another_model, "drifted", "mock-2026-01-01 -> mock-2026-01-02", "suite"),
    Row(
        "snippet",
        edit("snippets/tone.md", "kind", "kinD"),
        "stale",
        "snippet tone of the draft: ",
        "snippet",
    ),
    Row(
        "example",
        edit("prompts/shots.jsonl", "a bill", "a bilL"),
        "stale",
        "examples of the draft: ",
        "examples",
    ),
    Row(
        "scorer",
        edit("evals/triage/suite.yaml", "at_most: 5s", "at_most: 6s"),
        "stale",
        'scorer latency: {"at_most":"5s"} -> {"at_most":"6s"}',
        "scorer",
    ),
    Row(
        "parameter",
        edit("prompts/triage.prompty", "temperature: 0", "temperature: 1"),
        "stale",
        "parameter temperature of the draft: 0 -> 1",
        "parameter",
    ),
    Row(
        "feature code",
        edit("features/hint.py", "ticket:", "ticket;"),
        "stale",
        "feature hint of the draft: ",
        "feature",
    ),
    Row(
        "package of a feature",
        lambda cli, _: replace_installed(cli),
        "stale",
        "feature hint of the draft: ",
        "feature",
        4,
    ),
    Row(
        "own scorer",
        edit("scorers/own.py", "90", "91"),
        "stale",
        'scorer own: {"scorers/own.py":',
        "scorer",
    ),
    Row(
        "environment",
        edit("uv.lock", "1.0.0", "1.0.1"),
        "drifted",
        "lock file: uv.lock ",
        "environment",
    ),
)


SITE = ".packages"
"""The folder in a workspace with the installed package that a feature imports."""


def replace_installed(cli: Cli) -> None:
    """Change one byte of the package, as an installer would with its RECORD."""
    replace(cli, f"{SITE}/marks.py", "a", "b")
    write_record(cli.root)


def write_record(root: Path) -> None:
    digest = hashlib.sha256((root / SITE / "marks.py").read_bytes()).hexdigest()
    (root / SITE / "marks-1.0.dist-info" / "RECORD").write_text(f"marks.py,sha256={digest},10\n")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evaluated]:
    """1.0.0 passed a suite of a file and one of a commit, and is live in production."""
    with OpenAIServer(answer, model="mock-2026-01-01") as server:
        cli = make_cli(tmp_path_factory.mktemp("bytes") / "workspace", server.base_url)
        write(cli)
        with importing(cli.root):
            evaluate(cli)
        yield cli, server


def evaluate(cli: Cli) -> None:
    for command in (
        ("trust", "features/hint.py", "scorers/own.py"),
        ("register", "triage", "-d", "first"),
        ("evaluate", "triage@1.0.0", "--full"),
        ("deploy", "triage@1.0.0", "staging"),
        ("deploy", "triage@1.0.0", "production"),
    ):
        done = cli.here(*command)
        assert done.code == 0, done


@contextlib.contextmanager
def importing(root: Path) -> Iterator[None]:
    """With the packages that are installed for this workspace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / SITE))
        brought_by.cache_clear()
        yield
    brought_by.cache_clear()


def write(cli: Cli) -> None:
    """The workspace in git, its cases at two tags with one byte between them."""
    root = cli.root
    (root / "snippets").mkdir()
    (root / "snippets" / "tone.md").write_text("and kind\n")
    shot = {"inputs": {"ticket": "a bill"}, "expected": "billing"}
    (root / "prompts" / "shots.jsonl").write_text(json.dumps(shot) + "\n")
    (root / "prompts" / "triage.prompty").write_text(DRAFT)
    install(root / SITE, "marks", {}, {"marks": 'MARK = "a "\n'})
    write_record(root)
    (root / "features").mkdir()
    (root / "features" / "hint.py").write_text(FEATURE)
    (root / "scorers").mkdir()
    (root / "scorers" / "own.py").write_text(SCORER)
    (root / "uv.lock").write_text('version = "1.0.0"\n')
    suite = root / "evals" / "triage" / "suite.yaml"
    own = "{python: {file: scorers/own.py, function: own}}"
    latency = "{latency: {at_most: 5s, required: false}}"
    suite.write_text(suite.read_text().replace("[exact_match]", f"[exact_match, {own}, {latency}]"))
    routed = root / "evals" / "routed"
    routed.mkdir()
    shutil.copy(root / "evals" / "triage" / "cases.jsonl", routed)
    (routed / "suite.yaml").write_text(SUITE)
    git(root, "init", "-q")
    for tag in ("v1", "v2"):
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", tag)
        git(root, "tag", tag)
        if tag == "v1":
            replace(cli, "evals/routed/cases.jsonl", '"case 1"', '"case Y"')


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=ana", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture
def evaluated(template: Evaluated, tmp_path: Path) -> Iterator[Evaluated]:
    """The same in a workspace of the test's own, on a server that it may change."""
    cli, server = template
    root = tmp_path / "workspace"
    shutil.copytree(cli.root, root)
    model = server.model
    with importing(root):
        yield Cli(root, cli.environ), server
    server.model = model


def test_nothing_is_marked_while_nothing_changed(evaluated: Evaluated) -> None:
    lineage = evaluated[0].here("lineage", "triage@1.0.0", "--json").json
    assert lineage["state"]["production"].startswith("tested: ")
    assert (lineage["today"], warned(lineage["upstream"])) == ([], [])


def warned(nodes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Kind and warning of the nodes that have one."""
    below = [pair for node in nodes for pair in warned(node.get("nodes", []))]
    return [(n["kind"], n["warning"]) for n in nodes if "warning" in n] + below


@pytest.mark.exhaustive
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_lineage_and_reproduction_say_what_changed_and_how_the_evidence_reads(
    evaluated: Evaluated, row: Row
) -> None:
    cli, server = evaluated
    row.change(cli, server)
    lineage = cli.here("lineage", "triage@1.0.0", "--json").json
    marks = warned(lineage["upstream"])
    assert any(kind == row.node and row.words in warning for kind, warning in marks), marks
    state = lineage["state"]["production"]
    if row.of_draft:  # the version itself may go live as before
        assert state.startswith("tested: ")
        assert [(item["reads"], item["what"]) for item in lineage["today"]] == [
            (row.reads, row.words.partition(": ")[0])
        ]
    else:
        assert state.startswith(f"{row.reads}: ") and row.words in state
    suite = "routed" if row.what == "source version" else "triage"
    done = cli.here("reproduce", "triage@1.0.0", "--suite", suite)
    assert done.code == row.reproduces, done
    assert (row.words if row.reproduces == 0 else "pinned to marks 1.0") in done.out + done.err


@pytest.mark.exhaustive
def test_the_text_marks_the_node_and_lists_what_changed(evaluated: Evaluated) -> None:
    cli, _ = evaluated
    replace(cli, "snippets/tone.md", "kind", "kinD")
    lines = cli.here("lineage", "triage@1.0.0").out.splitlines()
    (change,) = (line for line in lines if line.startswith("  changed since: "))
    assert "stale, snippet tone of the draft: " in change
    assert max(map(len, change.split())) < 64
    (node,) = (line for line in lines if "snippet tone" in line and "!!" in line)
    assert "!! stale, snippet tone of the draft" in node
