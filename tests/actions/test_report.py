"""A comparison of two real runs as a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from workbench.actions.comparing.compare import compare
from workbench.actions.comparing.report import html_report
from workbench.actions.session import Session
from workbench.workspace import open_workspace

DRAFT = """---
name: triage
model: {id: mock-mini, provider: mock}
inputs:
  - {name: ticket, kind: string, required: true}
---
system:
%s

user:
{{ ticket }}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    folder = tmp_path / "evals" / "triage"
    folder.mkdir(parents=True)
    (folder / "suite.yaml").write_text(
        "suite: triage\nprompt: triage\ndataset: cases.jsonl\n"
        "scorers:\n  - exact_match: {}\ngate: {scorer: exact_match, threshold: 0.5}\n"
    )
    rows = [
        {"id": f"t-{n}", "inputs": {"ticket": f"<b>{n}</b>"}, "expected": ["bug", "ask"][n % 2]}
        for n in range(12)
    ]
    (folder / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_two_drafts_give_a_page_with_their_differences(root: Path) -> None:
    def script(messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        number = int(str(messages[-1]["content"])[3:-4])
        right = ["bug", "ask"][number % 2]
        return "ask" if "carelessly" in str(messages[0]["content"]) else right

    with OpenAIServer(script) as server:
        (root / "workbench.toml").write_text(
            f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{server.base_url}"\n'
        )
        a, b = root / "prompts" / "triage.prompty", root / "prompts" / "worse.prompty"
        a.write_text(DRAFT % "Answer with care.")
        b.write_text(DRAFT % "Answer carelessly.")
        with Session(open_workspace(root)) as session:
            page = html_report(session, compare(session, str(a), str(b), "triage", split="all"))
    assert "<strong>broke</strong> t-0" in page
    assert page.count("<strong>broke</strong>") == 6
    assert "<del>with care</del>" in page
    assert "<ins>carelessly</ins>" in page
    assert "&lt;b&gt;0&lt;/b&gt;" in page
    assert "6 of 12 right" in page
