"""A configuration of promptfoo becomes a draft, its variants and a suite that decides the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.scorers.promptfoo_table import ANSWERS, ROWS, Row
from workbench.actions.releasing.importing import make, plan_import, read_source
from workbench.datasets.values import Case
from workbench.exchange.forms.promptfoo_assertions import (
    MAKERS,
    Unmapped,
    check_of,
    differs,
)
from workbench.exchange.importers.base import Imported
from workbench.providers.base import Answer, Outcome
from workbench.scorers.catalog import make_scorer
from workbench.workspace import Workspace, open_workspace

CONFIG = """\
# yaml-language-server: $schema=https://promptfoo.dev/config-schema.json
description: Support triage
prompts:
  - id: file://prompts/chat.json
    label: first
  - "Answer {{q}} in one word. Signs: { % # no"
  - "{% for x in xs %}{{x}}{% endfor %}"
  - file://prompts/make.py
providers:
  - id: openai:chat:gpt-4.1-mini
    config: {temperature: 0.2, max_tokens: 9, apiBaseUrl: "http://localhost:1/v1", apiKey: sk-x}
  - anthropic:messages:claude
defaultTest:
  vars: {tone: calm}
  assert: [{type: cost, threshold: 0.002}]
tests:
  - description: case-1
    vars: {q: "Where is {{x}}?"}
    metadata: {kind: late}
    assert:
      - {type: contains-any, value: "returns, \\"a, b\\""}
      - {type: llm-rubric, value: polite}
      - {type: javascript, value: "output.length > 3"}
  - vars: {q: [paid, double], tone: dry}
    threshold: 0.5
    assert: &same
      - {type: icontains, value: "{{tone}}", weight: 3}
      - {type: not-equals, value: nothing}
  - vars: {q: file:///etc/passwd}
    assert: *same
  - file://cases.csv
"""
CSV = """\
q,__expected,__expected2,__metric,__threshold
one,"equals: One",latency(100),right,
two,Two,,,0.7
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "chat.json").write_text(
        '[{"role": "system", "content": "Be {{tone}}."}, {"role": "user", "content": "{{ q }}"}]'
    )
    (tmp_path / "prompts" / "make.py").write_text("raise SystemExit(9)")
    (tmp_path / "cases.csv").write_text(CSV)
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(CONFIG)
    return path


def whole(config: Path) -> Imported:
    folder = config.parent
    named = [folder / "prompts" / "chat.json", folder / "prompts" / "make.py", folder / "cases.csv"]
    return read_source(config, beside=named)


def test_prompts_become_a_draft_and_its_variants(config: Path) -> None:
    brought = whole(config)
    (first,), ((name, second),) = brought.prompts, brought.variants
    assert (first.prompt_id, name, second.prompt_id) == ("support_triage", "p2", "support_triage")
    assert [(m.role, m.content) for m in first.messages] == [
        ("system", "Be {{tone}}."),
        ("user", "{{ q }}"),
    ]
    assert first.model is not None
    assert (first.model.id, first.model.provider) == ("gpt-4.1-mini", "")
    assert first.model.options == {"temperature": 0.2, "maxOutputTokens": 9}


def test_tests_become_cases_with_the_checks_that_decide_them(config: Path) -> None:
    (suite,) = whole(config).suites
    cost = {"cost": {"at_most_usd": 0.002}}
    loud = {"contains": {"text": "dry", "strip": False, "ignore_case": True, "weight": 3}}
    other = {"not": {"exact_match": {"expected": "nothing", "strip": False}}}
    rows = {row["inputs"]["q"]: row for row in suite.rows}
    assert list(rows) == ["Where is {{x}}?", "paid", "double", "one", "two"]
    assert rows["Where is {{x}}?"]["tags"] == ["kind:late"]
    assert rows["Where is {{x}}?"]["checks"] == [
        {"all_of": [cost, {"contains": {"any": ["returns", "a, b"], "strip": False}}]}
    ]
    assert rows["paid"]["checks"] == [{"mean_of": {"of": [cost, loud, other], "cut": 0.5}}]
    assert rows["paid"]["inputs"] == {"tone": "dry", "q": "paid"}
    assert rows["two"]["checks"] == [
        {
            "mean_of": {
                "of": [cost, {"exact_match": {"expected": "Two", "strip": False}}],
                "cut": 0.7,
            }
        }
    ]


def test_what_cannot_be_imported_is_listed_with_what_to_do(config: Path) -> None:
    lost = "\n".join(map(str, whole(config).losses))
    for part in (
        "the assertion llm-rubric (llm-rubric asks a model: write a judge for it)",
        "the assertion javascript (javascript is code",
        "prompt 3 (line 1 has a loop, which Nunjucks may render otherwise)",
        "prompt 4 (file://prompts/make.py is code: it is not run)",
        "the provider anthropic:messages:claude",
        "of the provider's config: apiBaseUrl, apiKey",
        "the variable q (file:///etc/passwd is not read)",
        "templates in variables",
    ):
        assert part in lost, part
    assert "root:" not in str(whole(config))


def test_no_case_passes_because_its_assertions_could_not_be_imported(tmp_path: Path) -> None:
    path = tmp_path / "promptfooconfig.yaml"
    code = "{type: javascript, value: 'false'}"
    path.write_text(
        "prompts: ['{{q}}']\nproviders: [openai:gpt-4o]\ntests:\n"
        f"  - {{vars: {{q: a}}, assert: [{code}]}}\n"
        "  - {vars: {q: b}, assert: [{type: equals, value: b}]}\n"
        f"  - {{vars: {{q: c}}, threshold: much, assert: [{{type: equals, value: c}}]}}\n"
    )
    brought = read_source(path)
    assert [row["inputs"]["q"] for row in brought.suites[0].rows] == ["b"]
    lost = "\n".join(map(str, brought.losses))
    assert "tests[1] (left out: none of its assertions has a scorer)" in lost
    assert "its threshold 'much' is no number" in lost


def test_tests_without_assertions_make_no_suite(tmp_path: Path) -> None:
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text("prompts: ['{{q}}']\nproviders: [openai:gpt-4o]\ntests: [{vars: {q: a}}]\n")
    brought = read_source(path)
    assert not brought.suites
    assert "1 tests without an assertion (write a suite)" in map(str, brought.losses)


def test_files_are_read_only_if_the_user_names_them(config: Path) -> None:
    brought = read_source(config)
    lost = "\n".join(map(str, brought.losses))
    assert "file://prompts/chat.json is not read: name it by --with prompts/chat.json" in lost
    assert "file://cases.csv is not read: name it by --with cases.csv" in lost
    assert brought.prompts[0].messages[0].content.startswith("Answer {{q}}")


def test_an_imported_suite_is_read_and_importing_again_makes_nothing(
    config: Path, tmp_path: Path
) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "workbench.toml").write_text("", encoding="utf-8")
    workspace: Workspace = open_workspace(tmp_path / "w")
    make(plan_import(workspace, config))
    suite = workspace.suite("support_triage")
    assert [scorer.name for scorer in suite.scorers] == ["checks"]
    again = plan_import(workspace, config)
    assert not again.drafts and not again.suites


def score(assertion: Mapping[str, Any], text: str, **variables: Any) -> float | None:
    ((name, options),) = check_of(assertion, variables).items()
    outcome = Outcome.OK if text else Outcome.EMPTY
    answer = Answer(outcome, text, latency_s=0.2, cost_usd=0.01)
    return make_scorer(name, options, "").score(answer, Case("1", variables, None, (), None)).value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.assertion['type']} {row.promptfoo}")
def test_an_assertion_decides_as_promptfoo_does_or_the_difference_is_said(row: Row) -> None:
    """The verdicts of promptfoo are recorded beside the scorers; the program itself shows them."""
    unlike = []
    for at, answer in enumerate(ANSWERS):
        if score(row.assertion, answer, v="w") != float(row.promptfoo[at]):
            unlike.append(answer)
    assert not unlike or differs(row.assertion["type"]), unlike


@pytest.mark.parametrize(
    ("assertion", "text", "value"),
    [
        ({"type": "contains", "value": " b"}, "ab", 0.0),
        ({"type": "contains-any", "value": "x, y"}, "y", 1.0),
        ({"type": "icontains-all", "value": "X,Y"}, "xy", 1.0),
        ({"type": "icontains-any", "value": "x, Y"}, "y", 1.0),
        ({"type": "contains-all", "value": ["x", "y"]}, "xz", 0.0),
        ({"type": "equals", "value": "a"}, "a ", 0.0),
        ({"type": "equals", "value": 42}, "42", 1.0),
        ({"type": "equals", "value": True}, "true", 1.0),
        ({"type": "not-equals", "value": {"a": 1}}, "no JSON", 1.0),
        ({"type": "starts-with", "value": "Ab"}, " Abc", 0.0),
        ({"type": "regex", "value": r"^\d+$"}, "12", 1.0),
        ({"type": "regex", "value": r"^\d+$"}, "12\n", 0.0),
        ({"type": "regex", "value": r"^\d+$"}, "١٢", 0.0),
        ({"type": "word-count", "value": 2}, "a b", 1.0),
        ({"type": "word-count", "value": "3"}, "a b", 0.0),
        ({"type": "latency", "threshold": 250}, "x", 1.0),
        ({"type": "latency", "threshold": 150}, "x", 0.0),
        ({"type": "cost", "threshold": 0.02}, "x", 1.0),
        ({"type": "equals", "value": "{{ v }}!"}, "w!", 1.0),
    ],
)
def test_an_assertion_scores_as_promptfoo_documents(
    assertion: dict[str, Any], text: str, value: float
) -> None:
    assert score(assertion, text, v="w") == value


@pytest.mark.parametrize(
    "assertion",
    [
        5,
        {"type": "contains", "value": ""},
        {"type": "contains-all", "value": []},
        {"type": "regex", "value": "(?i)a"},
        {"type": "regex", "value": "("},
        {"type": "equals", "value": "file://secret.txt"},
        {"type": "equals", "value": "{{ v | upper }}"},
        {"type": "latency"},
        {"type": "javascript", "value": "1"},
        {"type": "contains", "value": "a", "transform": "output.x"},
        {"type": "is-json", "value": "[1"},
        {"type": "nothing-known"},
    ],
)
def test_an_assertion_that_would_decide_otherwise_is_not_imported(assertion: Any) -> None:
    with pytest.raises(Unmapped) as caught:
        check_of(assertion, {"v": "w"})
    assert str(caught.value) and "\n" not in str(caught.value)


def test_each_mapped_type_is_tried_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    tried = {row.assertion["type"] for row in ROWS}
    assert [one for one in MAKERS if f'"type": "{one}"' not in source and one not in tried] == []
