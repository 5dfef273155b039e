"""What promptfoo is given of a prompt and its suite; `tests/integration` has promptfoo itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.exporting import TRIAGE, leaving
from workbench.errors import TargetRefused, TemplateError, UsageError
from workbench.exchange.targets.base import Destination, Export
from workbench.exchange.targets.promptfoo import KIND
from workbench.prompts.values import Message, Prompt
from workbench.registry import PromptRegistry


def suite_of(
    folder: Path, cases: list[dict[str, Any]], scorers: str, prompt: str = "triage"
) -> Path:
    (folder / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))
    text = f"suite: quality\nprompt: triage\ndataset: cases.jsonl\nscorers: [{scorers}]\n"
    (folder / "suite.yaml").write_text(text)
    return folder / "suite.yaml"


def config_of(export: Export, folder: Path, **options: Any) -> dict[str, Any]:
    KIND.send(export, Destination(folder / "out.json", options=options))
    config: dict[str, Any] = json.loads((folder / "out.json").read_text())
    return config


CASE = {"id": "c1", "inputs": {"ticket": "Help!"}, "expected": "billing", "split": "gate"}


def test_a_version_with_its_suite(tested: PromptRegistry, tmp_path: Path) -> None:
    path = suite_of(tmp_path, [CASE], "exact_match: {ignore_case: true}")
    leaves = leaving(tested, "triage@1.0.0")
    export = Export(tested, leaves.prompt, "1.0.0", "1.0.0", suites=(path,))
    config = config_of(export, tmp_path)

    assert config["description"] == "triage@1.0.0 on quality"
    [prompt] = config["prompts"]
    assert json.loads(prompt["raw"])[1] == {"role": "user", "content": "{{ ticket }}"}
    [provider] = config["providers"]
    assert provider["id"] == "openai:chat:gpt-4.1-mini"
    assert provider["config"]["max_completion_tokens"] == 8
    assert provider["config"]["response_format"]["type"] == "json_schema"
    assert provider["config"]["tools"][0]["function"]["name"] == "look_up"
    assert config["metadata"]["workbench"]["gate"] == "pass"
    [test] = config["tests"]
    assert test["vars"] == {"ticket": "Help!", "tone": "calm"}
    assert test["metadata"] == {"case_id": "c1", "split": "gate"}
    assert test["assert"] == [
        {
            "type": "equals",
            "value": "billing",
            "transform": "output.replace(/\\r\\n?/g, '\\n').trim().toLowerCase()",
            "metric": "exact_match",
        }
    ]


@pytest.mark.parametrize(
    "text", ["{{ 7 * 7 }}", "a {% x %}", "{# c", "file:///etc/passwd", "package:a:b", "end\n", "#}"]
)
def test_data_that_would_be_rendered_or_loaded_never_stands_as_it_is(
    tested: PromptRegistry, tmp_path: Path, text: str
) -> None:
    case = {"id": text, "inputs": {"ticket": text, "tone": "ok"}, "expected": text, "tags": [text]}
    path = suite_of(tmp_path, [case], "exact_match: {strip: false}, contains: {}")
    config = config_of(Export(tested, TRIAGE, "draft", suites=(path,)), tmp_path)

    def texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [leaf for item in value.values() for leaf in texts(item)]
        if isinstance(value, list):
            return [leaf for item in value for leaf in texts(item)]
        return [value] if isinstance(value, str) else []

    [test] = config["tests"]
    if text != "#}":
        assert "".join(test["vars"]["ticket"]["fragments"]) == text
    shown = [test["vars"], test["description"], test["metadata"]]
    for sent_text in texts(shown):
        assert "{{" not in sent_text
        assert "{%" not in sent_text
    for sent_text in texts(test):
        assert not sent_text.startswith(("file://", "package:"))


@pytest.mark.parametrize(
    ("scorers", "lost"),
    [
        ("similarity: {}", "the scorer similarity (no assertion: there is none of its kind)"),
        ("matches: {pattern: '(?i)a'}", "the scorer matches (no assertion: its pattern"),
        ("matches: {pattern: 'a'}", "how matches decides (read by JavaScript)"),
        ("rouge_n: {}", "a cut makes it one"),
        ("one_of: {labels: [a, b], required: false}", "does not gate, and a set always does"),
        ("exact_match: {transforms: [drop_thinking]}", "transforms that promptfoo has not"),
        ("contains: {text: x, name: one}, exact_match: {after: one}", "asked after another"),
        ("not: {any_of: [{one_of: {labels: [a, b]}}]}", "a set cannot be negated"),
        ("exact_match: {required: false}, contains: {}", "that exact_match does not gate"),
        ("exact_match: {}", "the gate and its baseline"),
    ],
)
def test_what_has_no_counterpart_is_named(
    tested: PromptRegistry, tmp_path: Path, scorers: str, lost: str
) -> None:
    path = suite_of(tmp_path, [CASE], scorers)
    losses = KIND.loses(Export(tested, TRIAGE, "draft", suites=(path,)))
    assert lost in "; ".join(map(str, losses))


def test_what_cannot_be_written_is_said_and_nothing_is_written(
    tested: PromptRegistry, tmp_path: Path
) -> None:
    there = Destination(tmp_path / "out.json")
    with pytest.raises(UsageError, match="no suite that can be read"):
        KIND.send(Export(tested, TRIAGE, "draft"), there)
    path = suite_of(
        tmp_path, [{"id": "1", "inputs": {"other": "x"}, "expected": "x"}], "exact_match"
    )
    export = Export(tested, TRIAGE, "draft", suites=(path,))
    with pytest.raises(TemplateError, match="case 1: triage needs the input ticket"):
        KIND.send(export, there)
    with pytest.raises(UsageError, match=r"no suite 'qualty'.*did you mean 'quality'"):
        KIND.send(export, Destination(tmp_path / "out.json", options={"suite": "qualty"}))
    loop = Prompt("triage", (Message("user", "{% for x in ticket %}{{ x }}{% endfor %}"),))
    with pytest.raises(TargetRefused, match=r"message 1 \(user\), line 1: a loop"):
        KIND.send(Export(tested, loop, "draft", suites=(path,)), there)
    assert not (tmp_path / "out.json").exists()
