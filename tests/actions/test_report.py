"""A comparison of two real runs as a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.openai_server import OpenAIServer
from workbench.actions.comparing.compare import compare_many
from workbench.actions.comparing.report import html_report
from workbench.actions.session import Session
from workbench.workspace import open_workspace

Script = Callable[[list[dict[str, object]], dict[str, object]], str]

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


def page_of(root: Path, words: dict[str, str], script: Script) -> str:
    """The page about drafts of these names and system prompts, the first the baseline."""
    with OpenAIServer(script) as server:
        (root / "workbench.toml").write_text(
            f'[workspace]\nauthor = "ana"\n[providers.mock]\nbase_url = "{server.base_url}"\n'
        )
        paths = [root / "prompts" / f"{name}.prompty" for name in words]
        for path, text in zip(paths, words.values(), strict=True):
            path.write_text(DRAFT % text)
        with Session(open_workspace(root)) as session:
            a, *others = map(str, paths)
            return html_report(session, compare_many(session, a, others, "triage", split="all"))


def number_of(messages: list[dict[str, object]]) -> int:
    return int(str(messages[-1]["content"])[3:-4])


def test_two_drafts_give_a_page_with_their_differences(root: Path) -> None:
    def script(messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        right = ["bug", "ask"][number_of(messages) % 2]
        return "ask" if "carelessly" in str(messages[0]["content"]) else right

    words = {"triage": "Answer with care.", "worse": "Answer carelessly."}
    page = page_of(root, words, script)
    assert "<strong>broke</strong> t-0" in page
    assert page.count("<strong>broke</strong>") == 6
    assert "<del>with care</del>" in page
    assert "<ins>carelessly</ins>" in page
    assert "&lt;b&gt;0&lt;/b&gt;" in page
    assert "6 of 12 right" in page


@pytest.mark.exhaustive
def test_of_several_candidates_each_case_stands_by_what_it_became_on_any_side(root: Path) -> None:
    wrong = {"plain": {1, 2}, "same": {1, 2}, "third": {1, 2, 7}, "fourth": {2, 7, 9}}

    def script(messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        number = number_of(messages)
        word = str(messages[0]["content"]).removeprefix("Answer ").removesuffix(".")
        return "neither" if number in wrong[word] else ["bug", "ask"][number % 2]

    page = page_of(root, {f"{word}-draft": f"Answer {word}." for word in wrong}, script)
    listed = re.findall(r"<summary><strong>([^<]+)</strong> ([^<]+)</summary>", page)
    assert listed == [
        ("B same · C broke · D broke", "t-7"),
        ("B same · C same · D broke", "t-9"),
        ("B same · C same · D fixed", "t-1"),
    ]
    assert "Changed cases (3)" in page
    for letter, count in (("B", "10 of 12"), ("C", "9 of 12"), ("D", "9 of 12")):
        assert f"{letter}: expected (rows) against answered, {count} right" in page
        assert f"Prompt, A to {letter}" in page
    assert page.count("as one of 3 (Holm): may not be called better") == 3
    assert "best of 3: luck alone" in page


def test_a_case_that_only_another_gating_scorer_saw_break_is_on_the_page(root: Path) -> None:
    suite = root / "evals" / "triage" / "suite.yaml"
    suite.write_text(
        "suite: triage\nprompt: triage\ndataset: cases.jsonl\n"
        "scorers:\n  - contains: {}\n  - exact_match: {}\n"
    )

    def script(messages: list[dict[str, object]], _options: dict[str, object]) -> str:
        right = ["bug", "ask"][number_of(messages) % 2]
        careless = "carelessly" in str(messages[0]["content"]) and number_of(messages) == 4
        return "bugs" if careless else right

    words = {"triage": "Answer with care.", "worse": "Answer carelessly."}
    assert "<strong>broke (exact_match)</strong> t-4" in page_of(root, words, script)
